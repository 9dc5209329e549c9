/**
 * Leaves out resources whose fields are not of the types that their schema says, so that one of them, stored before there was
 * a schema, cannot keep every proxy from its configuration. Nulls count as absent, as istiod reads them. Unknown fields and
 * values that only make no sense are none of this file's business. Each version of an object is looked at once.
 */
import { validateObject, type Diagnostic } from '@heddle/config-schema'
import type { TranslationIssue } from '../issue/translation-issue.js'
import type { ObjectMeta } from '../resources/kubernetes.js'
import type { MeshSnapshotInput } from './snapshot-input.js'

interface Resource {
  readonly metadata: ObjectMeta
  readonly spec?: unknown
}

type Verdict<T> = { readonly resource: T } | { readonly issue: TranslationIssue }

const apiVersions = {
  VirtualService: 'networking.istio.io/v1',
  DestinationRule: 'networking.istio.io/v1',
  Gateway: 'networking.istio.io/v1',
  PeerAuthentication: 'security.istio.io/v1',
  ServiceEntry: 'networking.istio.io/v1',
  WorkloadEntry: 'networking.istio.io/v1',
  Sidecar: 'networking.istio.io/v1',
} as const

/** Required by the schema, yet nothing breaks without them. */
const dispensable = /^spec$|\.port\.(name|protocol)$|\.(match|sniHosts|duration)$/

const verdicts = new WeakMap<object, Verdict<unknown>>()

export function wellFormed(input: MeshSnapshotInput): { readonly input: MeshSnapshotInput; readonly issues: readonly TranslationIssue[] } {
  const issues: TranslationIssue[] = []
  const keep = <T extends Resource>(kind: keyof typeof apiVersions, resources: readonly T[] = []): readonly T[] =>
    resources.flatMap((resource) => {
      const verdict = verdictOf(kind, resource)
      if ('resource' in verdict) return [verdict.resource]
      issues.push(verdict.issue)
      return []
    })
  const checked = {
    ...input,
    virtualServices: keep('VirtualService', input.virtualServices),
    destinationRules: keep('DestinationRule', input.destinationRules),
    gateways: keep('Gateway', input.gateways),
    peerAuthentications: keep('PeerAuthentication', input.peerAuthentications),
    serviceEntries: keep('ServiceEntry', input.serviceEntries),
    workloadEntries: keep('WorkloadEntry', input.workloadEntries),
    sidecars: keep('Sidecar', input.sidecars),
  }
  return { input: checked, issues }
}

function verdictOf<T extends Resource>(kind: keyof typeof apiVersions, resource: T): Verdict<T> {
  const known = verdicts.get(resource)
  if (known !== undefined) return known as Verdict<T>
  const verdict = examine(kind, resource)
  verdicts.set(resource, verdict)
  return verdict
}

function examine<T extends Resource>(kind: keyof typeof apiVersions, written: T): Verdict<T> {
  let resource = written
  let faults = faultsOf(kind, resource)
  if (faults.some((fault) => fault.ruleId === 'null-value')) {
    resource = { ...written, spec: withoutNulls(written.spec) }
    faults = faultsOf(kind, resource)
  }
  const fault = faults.find(isFatal)
  if (fault === undefined) return { resource }
  const { namespace = 'default', name = '' } = written.metadata
  const message = `${fault.message} The resource is left out.`
  return { issue: { code: 'malformed', severity: 'error', resource: { kind, namespace, name }, path: fault.path, message } }
}

function faultsOf(kind: keyof typeof apiVersions, { spec }: Resource): readonly Diagnostic[] {
  return validateObject({ apiVersion: apiVersions[kind], kind, metadata: { name: 'any' }, spec }).diagnostics
}

function isFatal({ ruleId, path }: Diagnostic): boolean {
  return ruleId === 'wrong-type' || ruleId === 'bad-enum' || (ruleId === 'missing-field' && !dispensable.test(path))
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([, entry]) => entry !== null && entry !== undefined)
  return Object.fromEntries(entries.map(([key, entry]) => [key, withoutNulls(entry)]))
}
