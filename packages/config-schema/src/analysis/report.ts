/** How analyzers report: a code, a resource, a path in it, and a sentence; places and severity are added here. */
import { formatPath, type FieldPath } from '../path.js'
import type { FieldPart } from '../yaml/positions.js'
import type { ParsedDocument } from '../yaml/parse-documents.js'
import type { YamlChange } from '../yaml/edit-yaml.js'
import { needsQuotes } from '../yaml/plain-scalar.js'
import { codes, explainCommand, type Code } from './codes.js'
import type { Finding, FindingResource, FindingSeverity, Fix } from './finding.js'
import type { View } from './mesh/view.js'

export interface RelatedField {
  readonly view: View<object>
  readonly path: FieldPath
  readonly message: string
}

export interface FindingDetails {
  readonly suggestion?: string
  readonly expected?: string
  readonly related?: readonly RelatedField[]
  /** Which end of the field to underline. Default: its value. */
  readonly part?: FieldPart
  readonly fix?: FixPlan
  /** Default: that of the code. */
  readonly severity?: FindingSeverity
  readonly rule?: string
}

export interface FixPlan {
  readonly title: string
  readonly changes: readonly YamlChange[]
  readonly isCertain?: boolean
}

export type Report = (code: Code, view: View<object>, path: FieldPath, message: string, details?: FindingDetails) => void

export function createReport(findings: Finding[]): Report {
  return (code, view, path, message, details = {}) => {
    const { suggestion, expected, related, part = 'value', fix, rule } = details
    const [name, severity] = codes[code]
    const file = view.document?.file
    findings.push({
      code,
      name,
      severity: details.severity ?? severity,
      message,
      resource: resourceOf(view),
      path: formatPath(path),
      ...(file === undefined ? {} : { file }),
      ...placeOf(view, path, part),
      ...(rule === undefined ? {} : { rule }),
      ...(suggestion === undefined ? {} : { suggestion }),
      ...(expected === undefined ? {} : { expected }),
      ...(related === undefined || related.length === 0 ? {} : { related: related.map(relatedPlace) }),
      ...(fix === undefined || view.document === undefined ? {} : { fix: fixOf(view, fix) }),
      help: explainCommand(rule ?? code),
    })
  }
}

export function resourceOf({ kind, name, namespace }: View<object>): FindingResource {
  return namespace === '' ? { kind, name } : { kind, name, namespace }
}

/** The whole resource is shown by its name. */
function placeOf({ document }: View<object>, path: FieldPath, part: FieldPart): object {
  return document?.rangeOf(path.length === 0 ? ['metadata', 'name'] : path, part) ?? {}
}

function relatedPlace({ view, path, message }: RelatedField): NonNullable<Finding['related']>[number] {
  const file = view.document?.file
  return { path: formatPath(path), message, ...(file === undefined ? {} : { file }), ...placeOf(view, path, 'value') }
}

function fixOf({ document }: View<object>, { title, changes, isCertain = false }: FixPlan): Fix {
  const { file, index = 0, within = [] } = document ?? {}
  const edit = document === undefined ? undefined : scalarEdit(document, changes)
  return {
    title,
    isCertain,
    document: index,
    changes: changes.map((change) => ({ ...change, path: [...within, ...change.path] })),
    ...(file === undefined ? {} : { file }),
    ...(edit === undefined ? {} : { edit }),
  }
}

/** @returns undefined unless one scalar takes the place of another. */
function scalarEdit(document: ParsedDocument, changes: readonly YamlChange[]): Fix['edit'] {
  const [change, ...more] = changes
  const value = change?.value
  if (change === undefined || more.length > 0 || document.textOf(change.path) === undefined) return undefined
  if (typeof value !== 'string' && typeof value !== 'number') return undefined
  return { ...document.rangeOf(change.path), newText: typeof value === 'number' ? String(value) : scalarText(value) }
}

/** What was probably meant in place of the scalar at `path`, with the change that puts it there. */
export function meant(suggestion: string | undefined, path: FieldPath, title: string): Pick<FindingDetails, 'suggestion' | 'fix'> {
  return suggestion === undefined ? {} : { suggestion, fix: { title: `${title} "${suggestion}"`, changes: [{ path, value: suggestion }] } }
}

/** As it has to be typed. */
export function scalarText(value: string): string {
  return needsQuotes(value) || /^[\s&*!|>%@`"'#,[\]{}?:-]|[:#]\s|\s$|:$/.test(value) || value === '' ? JSON.stringify(value) : value
}
