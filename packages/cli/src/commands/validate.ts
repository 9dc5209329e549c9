/** `heddle validate FILE`: what is wrong in manifests, without a mesh; of what is right for Istio, what this mesh would not do is told too. */
import { loadRegexCompiler, type RegexCompiler } from '@heddle/config-schema'
import { type Finding, findingOf, resourceNamed } from '@heddle/config-schema/analysis'
import type { Invocation } from '../command/command.js'
import { exitCode } from '../command/exit-code.js'
import { usageError } from '../command/parse.js'
import { fixFiles, fixModeOf } from '../manifest/fix-files.js'
import { judgeManifests, type Judgement, type Manifests, noObjects, requireValid } from '../manifest/manifest.js'
import { type ManifestSource, readProject } from '../manifest/sources.js'
import { findingFormatOf, isAtLeast, renderFindings, thresholdOf } from '../output/finding-format.js'

export async function run(invocation: Invocation): Promise<number> {
  const format = findingFormatOf(invocation)
  const threshold = thresholdOf(invocation, 'failure-threshold', 'error')
  const fix = fixModeOf(invocation)
  if (invocation.positionals.length === 0 && invocation.flags.strings('filename').length === 0)
    throw usageError('say which file or folder; "-" is standard input')
  const judgement = judgementOf(invocation, await loadRegexCompiler())
  let sources = await readProject(invocation)
  if (fix !== undefined) sources = await fixed(invocation, sources, fix, judgement)
  const manifests = judgeManifests(sources, judgement)
  const findings = findingsOf(manifests)
  const isUnreadable = manifests.diagnostics.some(({ ruleId, severity }) => ruleId.startsWith('yaml-') && severity === 'error')
  if (format === 'text')
    return reportText(
      invocation,
      manifests,
      isUnreadable,
      findings.some((finding) => isAtLeast(finding, threshold)),
    )
  if (manifests.documents.length === 0 && manifests.diagnostics.length === 0) throw noObjects()
  invocation.streams.stdout.write(await renderFindings(format, findings, sources))
  if (isUnreadable) return exitCode.badData
  return findings.some((finding) => isAtLeast(finding, threshold)) ? exitCode.findings : exitCode.ok
}

/** Unless a mesh is named, files may be for either: what Istio takes passes, with warnings of what this mesh would refuse. */
function judgementOf({ flags }: Invocation, compileRegex: RegexCompiler): Judgement {
  const target = flags.string('target')
  if (target === undefined) return { target: 'heddle', notEnforced: 'warn', foreignKinds: 'pass', compileRegex }
  if (target !== 'heddle' && target !== 'istio') throw usageError(`--target ${target} is neither heddle nor istio`)
  return target === 'heddle' ? { target, compileRegex } : { target, foreignKinds: 'pass', limitsOfMesh: 'hide', compileRegex }
}

async function fixed(
  invocation: Invocation,
  sources: readonly ManifestSource[],
  mode: 'safe' | 'all',
  judgement: Judgement,
): Promise<readonly ManifestSource[]> {
  const { fixed: count } = fixFiles(invocation, sources, findingsOf(judgeManifests(sources, judgement)), mode)
  if (count === 0) return sources
  invocation.streams.stderr.write(`${count} ${count === 1 ? 'fault' : 'faults'} fixed; look at the changes before you apply them.\n`)
  return readProject(invocation)
}

/** A file that cannot be read as YAML is told from one whose objects are wrong. */
function reportText(invocation: Invocation, manifests: Manifests, isUnreadable: boolean, isFailed: boolean): number {
  try {
    const objects = requireValid(invocation, manifests, { outcome: 'accepted' })
    const unknown = manifests.documents.length - objects.length
    const left = unknown === 0 ? '' : `; ${unknown} of kinds that are not known here ${unknown === 1 ? 'was' : 'were'} not checked`
    invocation.streams.stdout.write(`${objects.length} ${objects.length === 1 ? 'object is' : 'objects are'} valid${left}\n`)
    return isFailed ? exitCode.findings : exitCode.ok
  } catch (error) {
    if (isUnreadable || !isFailed) throw error
    const hint = '"heddle explain rule ID" says more of what stands in brackets, with an example.'
    invocation.streams.stderr.write(`error: ${(error as Error).message}\n  ${hint}\n`)
    return exitCode.findings
  }
}

function findingsOf({ documents, diagnostics }: Manifests): readonly Finding[] {
  const unplaced = diagnostics.map((diagnostic) => findingOf(diagnostic, { kind: 'document', name: '' }))
  return [
    ...unplaced,
    ...documents.flatMap(({ source, diagnostics: own }) =>
      own.map((diagnostic) => findingOf(diagnostic, resourceNamed(source.value), source.index)),
    ),
  ]
}
