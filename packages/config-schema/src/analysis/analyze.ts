/**
 * Analyses resources together, as `istioctl analyze` does, without a cluster: what refers to nothing, what contradicts something else,
 * what can never take effect. It knows exportTo and Sidecar scopes, so that resources that never meet do not conflict.
 */
import type { Diagnostic } from '../diagnostic.js'
import type { KubernetesObject } from '../resource.js'
import { parseApiVersion } from '../kinds/api-version.js'
import { validate, validateObject } from '../validate/validate.js'
import type { RegexCompiler } from '../validate/options.js'
import type { ParsedDocument } from '../yaml/parse-documents.js'
import { analyzers } from './analyzers/analyzers.js'
import { codes, explainCommand, type Code } from './codes.js'
import type { Finding, FindingResource } from './finding.js'
import { diagnosticFix } from './diagnostic-fix.js'
import type { JudgedResource } from './judged-resource.js'
import { meshOf } from './mesh/mesh-of.js'
import { viewOf } from './mesh/view.js'
import type { View } from './mesh/view-type.js'
import { createReport, resourceOf } from './report.js'
import { isSuppressed, type Suppression } from './suppression.js'

export interface AnalyzeOptions {
  /** Namespace of resources that name none. Default: `default`. */
  readonly namespace?: string
  /**
   * The resources are all there are, as those of a running mesh. Default: false: what Istio brings along is taken to be installed,
   * and kinds of which there is no resource at all (Secrets, Namespaces, Services...) are taken to live elsewhere.
   */
  readonly isComplete?: boolean
  /** Default: `cluster.local`. */
  readonly clusterDomain?: string
  /** Also validate each resource: faults are IST0106, warnings IST0133 and IST0002. Default: true. */
  readonly validation?: boolean
  /** For validation. */
  readonly compileRegex?: RegexCompiler
  /** What not to report; the annotation `galley.istio.io/analyze-suppress` of a resource does the same. */
  readonly suppress?: readonly Suppression[]
}

/** A document of a file, whose findings then carry line and column, or a plain object. */
export type AnalysisInput = ParsedDocument | KubernetesObject

/** @returns findings in the order of files, lines and codes. Nothing is thrown for bad resources. */
export function analyze(resources: readonly AnalysisInput[], options: AnalyzeOptions = {}): readonly Finding[] {
  return analyzeJudged(
    resources.map((resource) => judgeResource(resource, options)),
    options,
  )
}

/** The half of analysis that looks at one resource: an editor does it for the file that changed. */
export function judgeResource(input: AnalysisInput, options: AnalyzeOptions = {}): JudgedResource {
  const { namespace = 'default', validation = true } = options
  const document = isDocument(input) ? input : undefined
  const value = isDocument(input) ? input.value : input
  const view = viewOf(value, document, namespace)
  return { file: document?.file, view, findings: validation ? validationFindings(value, document, view, options) : [] }
}

/** The other half: what resources have to do with each other, joined with what is known of each. */
export function analyzeJudged(resources: readonly JudgedResource[], options: AnalyzeOptions = {}): readonly Finding[] {
  const { suppress = [] } = options
  const findings: Finding[] = resources.flatMap((resource) => resource.findings)
  const mesh = meshOf(resources, options)
  const report = createReport(findings)
  for (const analyzer of analyzers) analyzer(mesh, report)
  const annotations = new Map(mesh.views.map((view) => [keyOf(resourceOf(view)), view.annotations]))
  const order = fileOrder(resources)
  return findings
    .filter((finding) => !isSuppressed(finding, annotations.get(keyOf(finding.resource)) ?? {}, suppress))
    .sort((a, b) => byPlace(a, b, order))
}

function isDocument(input: AnalysisInput): input is ParsedDocument {
  return typeof (input as ParsedDocument).rangeOf === 'function'
}

function keyOf({ kind, name, namespace = '' }: FindingResource): string {
  return `${kind}/${namespace}/${name}`
}

/** Analysis says these better. */
const saidElsewhere = new Set(['virtual-service/unreachable-route', 'virtual-service/unreachable-match'])

function validationFindings(
  value: unknown,
  document: ParsedDocument | undefined,
  view: View | undefined,
  { compileRegex }: AnalyzeOptions,
): readonly Finding[] {
  const options = compileRegex === undefined ? {} : { compileRegex }
  const { diagnostics } = document === undefined ? validateObject(value, options) : validate(document, options)
  return diagnostics
    .filter(({ ruleId }) => !saidElsewhere.has(ruleId) && (ruleId !== 'kind-not-supported' || isOfKnownFamily(value)))
    .map((diagnostic) => findingOf(diagnostic, resourceNamed(value, view), document?.index))
}

/** Groups of which every kind is known here, so that another is a mistake; elsewhere it is merely not known. */
function isOfKnownFamily(value: unknown): boolean {
  const { apiVersion } = (value ?? {}) as { readonly apiVersion?: unknown }
  const group = typeof apiVersion === 'string' ? parseApiVersion(apiVersion).group : ''
  return group.endsWith('.istio.io') || group === 'gateway.networking.k8s.io'
}

/** A diagnostic of validation as analysis reports it. */
export function findingOf(diagnostic: Diagnostic, resource: FindingResource, document = 0): Finding {
  const { ruleId, severity, ...rest } = diagnostic
  const code = codeOf(diagnostic)
  const fix = diagnosticFix(diagnostic, document)
  return {
    code,
    name: codes[code][0],
    severity,
    resource,
    rule: ruleId,
    help: explainCommand(ruleId),
    ...rest,
    ...(fix === undefined ? {} : { fix }),
  }
}

function codeOf({ ruleId, severity }: Diagnostic): Code {
  if (ruleId === 'deprecated-field') return 'IST0002'
  return severity === 'error' ? 'IST0106' : 'IST0133'
}

export function resourceNamed(value: unknown, view?: View): FindingResource {
  if (view !== undefined) return resourceOf(view)
  const { kind, metadata } = (value ?? {}) as { readonly kind?: unknown; readonly metadata?: { readonly name?: unknown } }
  return { kind: typeof kind === 'string' ? kind : 'unknown', name: typeof metadata?.name === 'string' ? metadata.name : '' }
}

function fileOrder(resources: readonly JudgedResource[]): ReadonlyMap<string, number> {
  const order = new Map<string, number>()
  for (const { file = '' } of resources) if (!order.has(file)) order.set(file, order.size)
  return order
}

function byPlace(a: Finding, b: Finding, order: ReadonlyMap<string, number>): number {
  const files = (order.get(a.file ?? '') ?? 0) - (order.get(b.file ?? '') ?? 0)
  return files || (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0)
}
