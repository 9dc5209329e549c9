/** Writes fixes into the files they are for. */
import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { applyFixes, type Finding, type Fix } from '@heddle/config-schema/analysis'
import type { Invocation } from '../command/command.js'
import { usageError } from '../command/parse.js'
import type { ManifestSource } from './sources.js'

/** `safe`: only what cannot change what is meant. `all`: also what was probably meant. */
export type FixMode = 'safe' | 'all'

/** @throws HEDDLE_CLI_USAGE */
export function fixModeOf({ flags }: Pick<Invocation, 'flags'>): FixMode | undefined {
  const mode = flags.string('fix')
  if (mode !== undefined && mode !== 'safe' && mode !== 'all') throw usageError(`--fix=${mode} is neither safe nor all`)
  return mode
}

/** @returns the findings that are still to be told, and how many were fixed. */
export async function fixFiles(
  { cwd }: Pick<Invocation, 'cwd'>,
  sources: readonly ManifestSource[],
  findings: readonly Finding[],
  mode: FixMode,
): Promise<{ readonly left: readonly Finding[]; readonly fixed: number }> {
  const isWanted = (fix: Fix | undefined): fix is Fix => fix !== undefined && (mode === 'all' || fix.isCertain)
  const done = new Set<Finding>()
  for (const { file, text } of sources) {
    const own = findings.filter((finding) => finding.file === file && isWanted(finding.fix))
    if (own.length === 0) continue
    if (file === '<stdin>') throw usageError('what comes on standard input cannot be fixed in place', 'Name the file instead of "-".')
    const changed = applyFixes(
      text,
      own.flatMap(({ fix }) => (fix === undefined ? [] : [fix])),
    )
    if (changed === text) continue
    await writeFile(resolve(cwd, file), changed)
    for (const finding of own) done.add(finding)
  }
  return { left: findings.filter((finding) => !done.has(finding)), fixed: done.size }
}
