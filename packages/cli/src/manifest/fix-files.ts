/** Writes fixes into the files they are for. */
import { resolve } from 'node:path'
import { replaceFile } from '@heddle/base/node'
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

/** Nothing is written before every file is known to take its fixes. @returns the findings that are still to be told, and how many were fixed. */
export function fixFiles(
  { cwd }: Pick<Invocation, 'cwd'>,
  sources: readonly ManifestSource[],
  findings: readonly Finding[],
  mode: FixMode,
): { readonly left: readonly Finding[]; readonly fixed: number } {
  const isWanted = (fix: Fix | undefined): fix is Fix => fix !== undefined && (mode === 'all' || fix.isCertain)
  const fixable = findings.filter(({ fix }) => isWanted(fix))
  if (fixable.some(({ file }) => file === '<stdin>'))
    throw usageError('what comes on standard input cannot be fixed in place', 'Name the file instead of "-".')
  const done = new Set<Finding>()
  for (const { file, text } of sources) {
    const own = fixable.filter((finding) => finding.file === file)
    if (own.length === 0) continue
    const changed = applyFixes(
      text,
      own.flatMap(({ fix }) => (fix === undefined ? [] : [fix])),
    )
    if (changed === text) continue
    replaceFile(resolve(cwd, file), changed)
    for (const finding of own) done.add(finding)
  }
  return { left: findings.filter((finding) => !done.has(finding)), fixed: done.size }
}
