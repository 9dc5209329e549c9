/** `heddle analyze`: what is wrong between resources, of files, of the running mesh, or of files as if they were applied to it. */
import type { KubernetesObject } from '@heddle/client/resources'
import { formatDiagnostic, hasErrors, loadRegexCompiler, type ParsedDocument, parseDocuments } from '@heddle/config-schema'
import { analyze, codes, type Finding, parseSuppression, type Suppression } from '@heddle/config-schema/analysis'
import type { Invocation } from '../command/command.js'
import { exitCode } from '../command/exit-code.js'
import { usageError } from '../command/parse.js'
import { fixFiles, fixModeOf } from '../manifest/fix-files.js'
import { type ManifestSource, readProject } from '../manifest/sources.js'
import { findingFormatOf, isAtLeast, renderFindings, thresholdOf } from '../output/finding-format.js'
import { liveResources } from '../target/live-resources.js'
import { withTarget } from '../target/target.js'

export async function run(invocation: Invocation): Promise<number> {
  const { flags, streams } = invocation
  if (flags.boolean('list-analyzers')) {
    for (const [code, [name, severity]] of Object.entries(codes)) streams.stdout.write(`${code}  ${severity.padEnd(7)}  ${name}\n`)
    return exitCode.ok
  }
  const settings = settingsOf(invocation)
  const { sources, documents, isReadable } = await readFiles(invocation)
  const isLive = sources.length === 0 || flags.boolean('use-live')
  const live = isLive ? await withTarget(invocation, (target) => liveResources(target, invocation.signal)) : []
  const found = analyze([...without(live, documents, settings.namespace), ...documents], {
    namespace: settings.namespace,
    isComplete: isLive,
    suppress: settings.suppress,
    compileRegex: await loadRegexCompiler(),
  }).filter((finding) => isOfNamespace(finding, invocation) && (sources.length === 0 || !isLive || finding.file !== undefined))
  const { left, fixed } = settings.fix === undefined ? { left: found, fixed: 0 } : fixFiles(invocation, sources, found, settings.fix)
  const shown = left.filter((finding) => isAtLeast(finding, settings.output))
  const text = await renderFindings(settings.format, shown, sources)
  if (settings.format === 'text' && left.length === 0 && isReadable)
    streams.stdout.write(`No problems found in ${counted(live.length + documents.length, 'resource')}.\n`)
  else streams.stdout.write(text)
  if (fixed > 0) streams.stderr.write(`${counted(fixed, 'problem')} fixed; look at the changes before you apply them.\n`)
  if (!isReadable) return exitCode.badData
  return left.some((finding) => isAtLeast(finding, settings.failure)) ? exitCode.findings : exitCode.ok
}

/** Everything that can be wrong with the command line, before anything is read. */
function settingsOf(invocation: Invocation) {
  const { flags } = invocation
  return {
    format: findingFormatOf(invocation),
    failure: thresholdOf(invocation, 'failure-threshold', 'error'),
    output: thresholdOf(invocation, 'output-threshold', 'info'),
    suppress: flags.strings('suppress').map(suppressionOf),
    fix: fixModeOf(invocation),
    namespace: flags.string('namespace') ?? 'default',
  }
}

function suppressionOf(text: string): Suppression {
  const suppression = parseSuppression(text)
  if (suppression === undefined)
    throw usageError(`--suppress ${text} is not CODE=KIND NAME.NAMESPACE`, 'Such as --suppress "IST0102=Namespace default".')
  return suppression
}

interface ReadFiles {
  readonly sources: readonly ManifestSource[]
  readonly documents: readonly ParsedDocument[]
  /** False when something could not be read as YAML, which was said then. */
  readonly isReadable: boolean
}

async function readFiles(invocation: Invocation): Promise<ReadFiles> {
  const sources = await readProject(invocation)
  const parsed = sources.map(({ file, text }) => parseDocuments(text, { file }))
  const diagnostics = parsed.flatMap((result) => result.diagnostics)
  for (const diagnostic of diagnostics) invocation.streams.stderr.write(`${formatDiagnostic(diagnostic)}\n`)
  return { sources, documents: parsed.flatMap((result) => result.documents), isReadable: !hasErrors(diagnostics) }
}

/** What the files would replace. */
function without(live: readonly KubernetesObject[], documents: readonly ParsedDocument[], fallback: string): readonly KubernetesObject[] {
  const keys = new Set(documents.map(({ value }) => keyOf(value as Partial<KubernetesObject>, fallback)))
  return live.filter((object) => !keys.has(keyOf(object, fallback)))
}

function keyOf({ apiVersion = '', kind = '', metadata }: Partial<KubernetesObject>, fallback: string): string {
  const group = apiVersion.includes('/') ? apiVersion.split('/')[0] : ''
  return `${group}/${kind}/${metadata?.namespace ?? fallback}/${metadata?.name}`
}

/** With -n, of a running mesh only that namespace is told. */
function isOfNamespace({ resource, file }: Finding, { flags, positionals }: Invocation): boolean {
  const namespace = flags.string('namespace')
  if (namespace === undefined || positionals.length > 0 || file !== undefined || flags.boolean('all-namespaces')) return true
  return resource.namespace === undefined ? resource.name === namespace : resource.namespace === namespace
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
