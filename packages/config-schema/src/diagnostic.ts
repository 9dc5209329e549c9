/** What is wrong with a document, where, and what would be right: the one shape the command line, editors and admission answers share. */

export type Severity = 'error' | 'warning'

export interface Diagnostic {
  /** Stable name of the rule, such as `unknown-field` or `virtual-service/route-required`. */
  readonly ruleId: string
  readonly severity: Severity
  /** A full sentence for a person who sees this kind of resource for the first time. */
  readonly message: string
  /** `spec.http[0].route[0].destination.port`; empty when the fault lies outside any field (syntax, size). */
  readonly path: string
  readonly file?: string
  /** 1-based, as are the columns; absent for objects that did not come from text. The end is exclusive. */
  readonly line?: number
  readonly column?: number
  readonly endLine?: number
  readonly endColumn?: number
  /** What the field takes, such as `a duration such as 5s`. */
  readonly expected?: string
  /** The name or value that was probably meant. */
  readonly suggestion?: string
  /** Other places that have to do with it, such as the first of two that must not be the same. */
  readonly related?: readonly RelatedPlace[]
}

export interface RelatedPlace extends Partial<SourceRange> {
  readonly path: string
  readonly message: string
  readonly file?: string
}

export interface SourceRange {
  readonly line: number
  readonly column: number
  readonly endLine: number
  readonly endColumn: number
}

/** `app.yaml:3:7: error: spec.hots: "hots" is not a field of VirtualServiceSpec; did you mean "hosts"? [unknown-field]` */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  const { file, line, column, path, severity, message, suggestion, ruleId } = diagnostic
  const place = [file, line, column].filter((part) => part !== undefined).join(':')
  const subject = path === '' ? '' : `${path}: `
  const text = suggestion === undefined ? message : `${message.replace(/\.$/, '')}; did you mean ${quoted(suggestion)}?`
  return `${place === '' ? '' : `${place}: `}${severity}: ${subject}${text} [${ruleId}]`
}

/** Numbers, booleans, lists, mappings and what is quoted already are shown as they are to be typed. */
function quoted(suggestion: string): string {
  return /^(?:["[{]|-?\d+(?:\.\d+)?$|true$|false$)/.test(suggestion) ? suggestion : `"${suggestion}"`
}

export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((diagnostic) => diagnostic.severity === 'error')
}
