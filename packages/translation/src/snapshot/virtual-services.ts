/**
 * VirtualServices with their host and gateway names resolved against their own namespace, oldest first; those that delegate
 * come last, with the rules of their delegates in place, as istiod orders them.
 */
import { meshGateway, resolveGateway } from '../host/gateway-name.js'
import { resolveHost } from '../host/host-name.js'
import type { TranslationIssue } from '../issue/translation-issue.js'
import type { VirtualService } from '../resources/virtual-service.js'
import { byCreation } from './age.js'
import { delegatedRules, indexDelegates, type Delegates, type MeshRule } from './delegates.js'

export interface MeshVirtualService {
  readonly resource: VirtualService
  readonly name: string
  readonly namespace: string
  readonly spec: NonNullable<VirtualService['spec']>
  readonly hosts: readonly string[]
  /** `mesh`, or `NAMESPACE/NAME`. */
  readonly gateways: readonly string[]
  readonly rules: readonly MeshRule[]
  /** Among all of them: of two for one host the lower one wins. */
  readonly order: number
}

export interface VirtualServiceIndex {
  readonly virtualServices: readonly MeshVirtualService[]
  /** Delegations that lead nowhere. */
  readonly issues: readonly TranslationIssue[]
}

type Unordered = Omit<MeshVirtualService, 'order'>

export function indexVirtualServices(resources: readonly VirtualService[], clusterDomain: string): VirtualServiceIndex {
  const sorted = resources.toSorted((left, right) => byCreation(left.metadata, right.metadata))
  const delegates = indexDelegates(sorted)
  const issues: TranslationIssue[] = []
  const plain: Unordered[] = []
  const roots: Unordered[] = []
  for (const resource of sorted) {
    if (!resource.spec?.hosts?.length) continue
    const delegating = resource.spec.http?.some((rule) => rule.delegate !== undefined) === true
    const read = virtualService(resource, clusterDomain, delegates, issues)
    if (delegating) roots.push(read)
    else plain.push(read)
  }
  return { virtualServices: [...plain, ...roots].map((entry, order) => ({ ...entry, order })), issues }
}

function virtualService(resource: VirtualService, clusterDomain: string, delegates: Delegates, issues: TranslationIssue[]): Unordered {
  const namespace = resource.metadata.namespace ?? 'default'
  const name = resource.metadata.name ?? ''
  const spec = resource.spec ?? {}
  const rules = (spec.http ?? []).map((rule, index): MeshRule => ({ rule, name, namespace, path: `spec.http[${index}]` }))
  return {
    resource,
    spec,
    name,
    namespace,
    hosts: (spec.hosts ?? []).map((host) => resolveHost(host, namespace, clusterDomain)),
    gateways: (spec.gateways?.length ? spec.gateways : [meshGateway]).map((gateway) => resolveGateway(gateway, namespace)),
    rules: rules.flatMap((rule) => (rule.rule.delegate === undefined ? [rule] : delegatedRules(rule, delegates, clusterDomain, issues))),
  }
}
