/** What validation answers: diagnostics with their places, and the resource when there is no error. */
import type { Diagnostic } from '../diagnostic.js'
import type { ParsedDocument } from '../yaml/parse-documents.js'
import { toDiagnostic, type Fault } from './fault.js'
import type { ValidateResult } from './options.js'

/** @param document where the value was read from: its diagnostics carry line and column. */
export function resultOf<Resource>(value: unknown, faults: readonly Fault[], document?: ParsedDocument): ValidateResult<Resource> {
  if (faults.length === 0) return { resource: value as Resource, diagnostics: [] }
  const diagnostics = document === undefined ? faults.map((fault) => toDiagnostic(fault, undefined, undefined)) : placed(faults, document)
  const isValid = diagnostics.every((diagnostic) => diagnostic.severity !== 'error')
  return isValid ? { resource: value as Resource, diagnostics } : { diagnostics }
}

function placed(faults: readonly Fault[], document: ParsedDocument): readonly Diagnostic[] {
  return faults.map((fault) => toDiagnostic(asWritten(fault, document), document.rangeOf, document.file)).sort(byPosition)
}

/** `version: 1.10` is the number 1.1, but what belongs in quotes is what was written. */
function asWritten(fault: Fault, document: ParsedDocument): Fault {
  if (fault.ruleId !== 'wrong-type' || !fault.suggestion?.startsWith('"')) return fault
  const text = document.textOf(fault.path)
  return text === undefined ? fault : { ...fault, suggestion: JSON.stringify(text) }
}

function byPosition(a: Diagnostic, b: Diagnostic): number {
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0)
}
