/** `kube-inject` as a function: a manifest of any number of documents in, the same manifest with sidecars out. */
import { HeddleError } from '@heddle/base'
import { Document } from 'yaml'
import { parseSource } from './document-parse.js'
import { hasEndMarker, leadOf, splitDocuments, type SourceDocument } from './document-split.js'
import { manifestError, type InjectIssue, type InjectWarning, type ObjectRef } from './issue.js'
import type { JsonObject } from './json.js'
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
 * @throws HEDDLE_INJECT_EMPTY_MANIFEST, HEDDLE_INJECT_MANIFEST_TOO_LARGE, HEDDLE_INJECT_INVALID_SETTINGS, and HEDDLE_INJECT_INVALID_MANIFEST with every fault
 * of the manifest, which `injectIssues(error)` lists with line and column.
 */
export function injectManifest(yaml: string, settings: InjectSettings = {}): InjectManifestResult {
  const resolved = resolveSettings(settings)
  checkSize(yaml, resolved)
  const results = splitDocuments(yaml).map((source) => injectDocument(source, resolved))
  const issues = results.flatMap((result) => result.issues)
  if (issues.length > 0) throw manifestError(issues)
  if (results.every((result) => result.isEmpty)) {
    throw new HeddleError({
      code: 'HEDDLE_INJECT_EMPTY_MANIFEST',
      message: `${resolved.file ?? '<input>'} holds no Kubernetes object`,
      origin: 'user',
      hint: 'Give a manifest with at least one document, for example a Deployment.',
    })
  }
  return {
    yaml: results.map((result) => result.text).join(''),
    warnings: results.flatMap((result) => result.warnings),
    injected: results.flatMap((result) => result.injected),
    skipped: results.flatMap((result) => result.skipped),
  }
}

interface DocumentResult {
  readonly text: string
  readonly isEmpty: boolean
  readonly issues: readonly InjectIssue[]
  readonly warnings: readonly InjectWarning[]
  readonly injected: readonly ObjectRef[]
  readonly skipped: readonly SkippedObject[]
}

function injectDocument(source: SourceDocument, settings: ResolvedSettings): DocumentResult {
  const nothing = { text: source.text, isEmpty: false, issues: [], warnings: [], injected: [], skipped: [] }
  const parsed = parseSource(source, settings.file)
  if (parsed.kind === 'empty') return { ...nothing, isEmpty: true }
  if (parsed.kind === 'invalid') return { ...nothing, issues: parsed.issues }
  const { object, injected, skipped, warnings, issues } = transformObject(parsed.value, settings)
  const text = injected.length === 0 ? source.text : render(object, source.text)
  return { text, isEmpty: false, issues: issues.map(parsed.locate), warnings, injected, skipped }
}

/** Block style as kubectl writes it. Quotes texts that YAML 1.1 readers (kubectl) or 1.2 readers would take for something else. */
function render(object: JsonObject, source: string): string {
  const document = new Document(object, { compat: 'yaml-1.1', aliasDuplicateObjects: false })
  const body = document.toString({ lineWidth: 0, indentSeq: false })
  return `${leadOf(source)}${body}${hasEndMarker(source) ? '...\n' : ''}`
}

function checkSize(yaml: string, settings: ResolvedSettings): void {
  // a UTF-16 unit is at most three bytes of UTF-8, so most texts need no counting
  if (yaml.length * 3 <= settings.maxManifestBytes) return
  const bytes = utf8Length(yaml)
  if (bytes <= settings.maxManifestBytes) return
  throw new HeddleError({
    code: 'HEDDLE_INJECT_MANIFEST_TOO_LARGE',
    message: `${settings.file ?? '<input>'} has ${bytes} bytes; at most ${settings.maxManifestBytes} are read`,
    origin: 'user',
    hint: 'Split the manifest into several files.',
  })
}

function utf8Length(text: string): number {
  let bytes = 0
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x1_0000 ? 3 : 4
  }
  return bytes
}
