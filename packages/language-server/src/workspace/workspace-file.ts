/**
 * One file as the workspace knows it: its resources, judged one by one, and what could not be read. While a document is broken, what
 * it held when it was last whole stands in for it, so that other files do not lose what they refer to with every keystroke.
 */
import { parseDocuments, type Diagnostic, type ParsedDocument } from '@heddle/config-schema'
import { judgeResource, type AnalyzeOptions, type FindingResource, type JudgedResource } from '@heddle/config-schema/analysis'

export interface WorkspaceFile {
  readonly uri: string
  readonly text: string
  /** What the text says now. */
  readonly judged: readonly JudgedResource[]
  /** Resources of documents that cannot be read now; their places are those of an older text. */
  readonly kept: readonly JudgedResource[]
  /** What is wrong with the text as YAML. */
  readonly diagnostics: readonly Diagnostic[]
}

export function readWorkspaceFile(uri: string, text: string, before: WorkspaceFile | undefined, options: AnalyzeOptions): WorkspaceFile {
  if (isTemplate(uri, text)) return { uri, text, judged: [], kept: [], diagnostics: [] }
  const { documents, damaged, diagnostics } = parseDocuments(text, { file: uri })
  const judged = [...documents, ...damaged].filter(isResource).map((document) => judgeResource(document, options))
  const isBroken = diagnostics.some(({ severity }) => severity === 'error')
  const present = new Set(judged.flatMap(({ view }) => (view === undefined ? [] : [identityOf(view)])))
  const known = before === undefined || !isBroken ? [] : [...before.judged, ...before.kept]
  return {
    uri,
    text,
    judged,
    kept: known.filter(({ view }) => view !== undefined && !present.has(identityOf(view))),
    diagnostics: isManifest(text) ? diagnostics : [],
  }
}

export function identityOf({ kind, namespace = '', name }: FindingResource): string {
  return `${kind}/${namespace}/${name}`
}

/** Other YAML lies about in every workspace; a resource says its kind, or has an apiVersion with a group. */
function isResource({ value }: ParsedDocument): boolean {
  const { apiVersion, kind } = (value ?? {}) as { readonly apiVersion?: unknown; readonly kind?: unknown }
  return typeof kind === 'string' || (typeof apiVersion === 'string' && apiVersion.includes('/'))
}

/** The same of a text that cannot be read; templates are not YAML before they are filled in. */
function isManifest(text: string): boolean {
  return /^[ \t"{]*(?:apiVersion|kind)["']?[ \t]*:/m.test(text) && !/\{\{-?[ \t]*[.$\w"]/.test(text)
}

/** Templates of a Helm chart stand in `templates/`; what is filled in later may be anything, so even one that is YAML is none yet. */
function isTemplate(uri: string, text: string): boolean {
  return uri.includes('/templates/') && text.includes('{{')
}
