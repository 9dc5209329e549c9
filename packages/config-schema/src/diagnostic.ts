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
  const { file, line, column, path, severity, ruleId } = diagnostic
  const place = [file, line, column].filter((part) => part !== undefined).join(':')
  const subject = path === '' ? '' : `${path}: `
  return `${place === '' ? '' : `${place}: `}${severity}: ${subject}${fullMessage(diagnostic)} [${ruleId}]`
}

/** The message with what was probably meant, as it is to be typed: `...; did you mean "hosts"?` */
export function fullMessage({ message, suggestion }: Pick<Diagnostic, 'message' | 'suggestion'>): string {
  return suggestion === undefined ? message : `${message.replace(/\.$/, '')}; did you mean ${quoted(suggestion)}?`
}

/** Numbers, booleans, lists, mappings, fields with their values and what has quotes already. */
const yamlText = /^(?:["[{]|- |[\w./-]+: |-?\d+(?:\.\d+)?$|true$|false$)/

function quoted(suggestion: string): string {
  return yamlText.test(suggestion) ? suggestion : `"${suggestion}"`
}

export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((diagnostic) => diagnostic.severity === 'error')
}
