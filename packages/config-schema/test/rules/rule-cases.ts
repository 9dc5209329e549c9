/** Tests of rules as tables: a spec, and the fault that it has. */
import { expect, it } from 'vitest'
import { parseDocuments } from '../../src/yaml/parse-documents.js'
import { validate } from '../../src/validate/validate.js'

/** The spec is YAML in one line; the path is that of the fault. */
type Case = readonly [name: string, spec: string, path: string, ruleId: string]

const groups: Readonly<Record<string, string>> = {
  PeerAuthentication: 'security',
  RequestAuthentication: 'security',
  Telemetry: 'telemetry',
}

function faultsOf(kind: string, spec: string): readonly string[] {
  const text = `{apiVersion: ${groups[kind] ?? 'networking'}.istio.io/v1, kind: ${kind}, metadata: {name: a, namespace: ns}, spec: ${spec}}`
  const { documents, diagnostics } = parseDocuments(text)
  expect(diagnostics).toEqual([])
  return documents.flatMap((document) => validate(document).diagnostics).map((fault) => `${fault.severity} ${fault.path} ${fault.ruleId}`)
}

export function run(kind: string, cases: readonly Case[], severity: 'error' | 'warning' = 'error'): void {
  it.each(cases)('says that %s', (_, spec, path, ruleId) => {
    expect(faultsOf(kind, spec)).toContain(`${severity} ${path} ${ruleId}`)
  })
}

export function accepts(kind: string, cases: readonly (readonly [name: string, spec: string])[]): void {
  it.each(cases)('accepts %s', (_, spec) => {
    expect(faultsOf(kind, spec).filter((fault) => fault.startsWith('error'))).toEqual([])
  })
}
