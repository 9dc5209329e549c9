/** What the protocol calls diagnostics: faults of the text as YAML, of single resources, and between resources of several files. */
import { fullMessage, type Diagnostic as SchemaDiagnostic, type RelatedPlace } from '@heddle/config-schema'
import type { Finding } from '@heddle/config-schema/analysis'
import type { Diagnostic, DiagnosticTag } from 'vscode-languageserver-types'
import { diagnosticTag, severityNumber } from '../protocol-numbers.js'
import { toRange } from './positions.js'
import type { Workspace } from '../workspace/workspace.js'

const source = 'heddle'

/** Of every file that has any. */
export function diagnosticsOf(workspace: Workspace): ReadonlyMap<string, readonly Diagnostic[]> {
  const result = new Map<string, readonly Diagnostic[]>()
  const findings = workspace.findings()
  for (const { uri, diagnostics } of workspace.files()) {
    const all = [...diagnostics.map(fromSyntax), ...(findings.get(uri) ?? []).map(fromFinding)]
    if (all.length > 0) result.set(uri, all)
  }
  return result
}

function fromSyntax(diagnostic: SchemaDiagnostic): Diagnostic {
  const { ruleId, severity, message } = diagnostic
  return { range: toRange(diagnostic), severity: severityNumber[severity], code: ruleId, source, message }
}

const tags: Readonly<Record<string, readonly DiagnosticTag[]>> = {
  IST0002: [diagnosticTag.deprecated],
  IST0130: [diagnosticTag.unnecessary],
  IST0135: [diagnosticTag.deprecated],
}

export function fromFinding(finding: Finding): Diagnostic {
  const { code, rule, severity, related = [] } = finding
  const tag = tags[code]
  return {
    range: toRange(finding),
    severity: severityNumber[severity],
    code: rule ?? code,
    source,
    message: fullMessage(finding),
    ...(tag === undefined ? {} : { tags: [...tag] }),
    ...(related.length === 0 ? {} : { relatedInformation: related.map((place) => fromRelated(place, finding.file)) }),
  }
}

function fromRelated(place: RelatedPlace, file = ''): NonNullable<Diagnostic['relatedInformation']>[number] {
  return { location: { uri: place.file ?? file, range: toRange(place) }, message: place.message }
}
