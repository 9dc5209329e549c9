/** The change that a diagnostic of validation suggests, where putting the suggestion in place of what is underlined is all there is to do. */
import type { Diagnostic } from '../diagnostic.js'
import type { Fix } from './finding.js'
import { scalarText } from './report.js'

/** Rules whose place is exactly what the suggestion replaces. */
const replacing =
  /^(?:unknown-field|bad-(?:enum|host|name|gateway-name|regex|port|duration|header-name)|wrong-type|wrong-api-version|kind-not-supported|dotted-gateway-name|cors\/method|fault\/grpc-status|authorization-policy\/condition-key|workload\/share|sidecar\/host|gateway-api\/protocol|http-match\/path|route\/path)$/

/** Rules whose suggestion means the same, in the only way that is accepted. */
const certain = new Set(['wrong-type', 'dotted-gateway-name'])

/** @param document which document of the file it is about, counted from 0. */
export function diagnosticFix(diagnostic: Diagnostic, document: number): Fix | undefined {
  const { ruleId, suggestion, file, line, column, endLine, endColumn } = diagnostic
  if (suggestion === undefined || line === undefined || column === undefined || endColumn === undefined) return undefined
  if (line !== endLine || column === endColumn || !replacing.test(ruleId)) return undefined
  const newText = ruleId === 'wrong-type' ? inFlow(suggestion) : scalarText(suggestion)
  return {
    title: ruleId === 'unknown-field' ? `Rename the field to "${suggestion}"` : `Change it to ${newText}`,
    isCertain: certain.has(ruleId),
    document,
    changes: [],
    ...(file === undefined ? {} : { file }),
    edit: { line, column, endLine, endColumn, newText },
  }
}

/** Suggestions show how it looks in block style, which does not fit behind a colon. */
function inFlow(suggestion: string): string {
  const [, entry] = /^- (.*)$/s.exec(suggestion) ?? []
  if (entry !== undefined) return `[${entry}]`
  return /^[A-Za-z]\w*: /.test(suggestion) ? `{${suggestion}}` : suggestion
}
