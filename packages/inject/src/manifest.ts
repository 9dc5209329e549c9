/** `kube-inject` as a function: a manifest of any number of documents in, the same manifest with sidecars out. */
import { HeddleError } from '@heddle/base'
import { hasErrors, parseDocuments, type Diagnostic, type ParsedDocument } from '@heddle/config-schema'
import { Document } from 'yaml'
import { hasEndMarker, leadOf, splitDocuments, type SourceDocument } from './document-split.js'
import { manifestError, toDiagnostic, type InjectWarning, type ObjectIssue, type ObjectRef } from './issue.js'
import type { JsonObject, JsonValue } from './json.js'
import { transformObject, type SkippedObject } from './object.js'
import { resolveSettings, type InjectSettings, type ResolvedSettings } from './settings.js'

export interface InjectManifestResult {
  /** Injected documents are written anew; all others are the input's bytes. */
  readonly yaml: string
  readonly warnings: readonly InjectWarning[]
  /** The workloads that got a sidecar. */
  readonly injected: readonly ObjectRef[]
  /** The workloads that did not, and why. */
  readonly skipped: readonly SkippedObject[]
}

/**
 * Injects the sidecar into every workload of a manifest. Documents without a workload to inject come out byte for byte.
 * @throws HEDDLE_INJECT_EMPTY_MANIFEST, HEDDLE_INJECT_INVALID_SETTINGS, and HEDDLE_INJECT_INVALID_MANIFEST with every fault of the manifest,
 * which `injectDiagnostics(error)` lists with line and column.
 */
export function injectManifest(yaml: string, settings: InjectSettings = {}): InjectManifestResult {
  const resolved = resolveSettings(settings)
  const { file } = resolved
  const { documents, diagnostics } = parseDocuments(yaml, { ...(file === undefined ? {} : { file }), keepLists: true })
  const errors = diagnostics.filter(({ severity }) => severity === 'error')
  if (documents.length === 0 && !hasErrors(errors)) throw emptyManifest(file)
  const sources = hasErrors(errors) ? [] : splitDocuments(yaml)
  const results = documents.map((document) => injectDocument(document, resolved))
  const faults = [...errors, ...results.flatMap((result) => result.faults)]
  if (faults.length > 0) throw manifestError(faults.toSorted(byPlace))
  return {
    yaml: sources.map((source) => write(source, results)).join(''),
    warnings: results.flatMap((result) => result.warnings),
    injected: results.flatMap((result) => result.injected),
    skipped: results.flatMap((result) => result.skipped),
  }
}

interface DocumentResult {
  /** Where in the manifest the document's content begins. */
  readonly start: number
  readonly object: JsonObject
  readonly faults: readonly Diagnostic[]
  readonly warnings: readonly InjectWarning[]
  readonly injected: readonly ObjectRef[]
  readonly skipped: readonly SkippedObject[]
}

function injectDocument(document: ParsedDocument, settings: ResolvedSettings): DocumentResult {
  const { issues, ...result } = transformObject(document.value as JsonValue, settings)
  return { ...result, start: document.start, faults: issues.map((issue) => place(issue, document)) }
}

function place(issue: ObjectIssue, document: ParsedDocument): Diagnostic {
  const { file } = document
  return { ...toDiagnostic(issue), ...(file === undefined ? {} : { file }), ...document.rangeOf(issue.path) }
}

/** The bytes of the source, unless something in it was injected. */
function write(source: SourceDocument, results: readonly DocumentResult[]): string {
  const inside = results.filter(({ start }) => start >= source.start && start < source.start + source.text.length)
  if (inside.every(({ injected }) => injected.length === 0)) return source.text
  return `${leadOf(source.text)}${inside.map(({ object }) => render(object)).join('---\n')}${hasEndMarker(source.text) ? '...\n' : ''}`
}

/** Block style as kubectl writes it. Quotes texts that YAML 1.1 readers (kubectl) or 1.2 readers would take for something else. */
function render(object: JsonObject): string {
  const document = new Document(object, { compat: 'yaml-1.1', aliasDuplicateObjects: false })
  return document.toString({ lineWidth: 0, indentSeq: false })
}

function byPlace(a: Diagnostic, b: Diagnostic): number {
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0)
}

function emptyManifest(file: string | undefined): HeddleError {
  return new HeddleError({
    code: 'HEDDLE_INJECT_EMPTY_MANIFEST',
    message: `${file ?? 'the manifest'} holds no Kubernetes object`,
    origin: 'user',
    hint: 'Give a manifest with at least one document, for example a Deployment.',
  })
}
