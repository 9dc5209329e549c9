/** What one proxy sees of the mesh: the services, rules and routes that are exported to its namespace. */
import { resolveHost } from '../host/host-name.js'
import { isVisible } from '../host/visibility.js'
import { createIssueCollector, type IssueCollector } from '../issue/translation-issue.js'
import type { ProxyNode } from '../node/proxy-node.js'
import type { Pod } from '../resources/kubernetes.js'
import type { EffectiveRule } from '../snapshot/destination-rules.js'
import { createHostIndex, type HostIndex } from '../snapshot/host-index.js'
import type { MeshService } from '../snapshot/mesh-service.js'
import type { MeshSnapshot } from '../snapshot/mesh-snapshot.js'
import { meshGateway } from '../host/gateway-name.js'
import type { MeshVirtualService } from '../snapshot/virtual-services.js'
import { localityOf, type Labels } from '../snapshot/workload.js'

export interface ProxyView {
  readonly snapshot: MeshSnapshot
  readonly node: ProxyNode
  readonly pod: Pod | undefined
  /** The Pod's labels, or what the proxy said when its Pod is not known. */
  readonly labels: Labels
  readonly namespace: string
  readonly locality: ProxyNode['locality'] | undefined
  readonly nodeName: string | undefined
  /** Sorted by host. */
  readonly services: readonly MeshService[]
  /** Oldest first. */
  readonly virtualServices: readonly MeshVirtualService[]
  /** Those bound to the mesh, not to gateways only. */
  readonly meshRoutes: HostIndex<MeshVirtualService>
  readonly issues: IssueCollector
  /** A visible service by the host that a resource of `namespace` writes. */
  serviceOf(host: string, namespace: string): MeshService | undefined
  /** Of calls to a service. */
  ruleFor(service: MeshService): EffectiveRule | undefined
  /** Of the workload's own port of a service. */
  inboundRuleFor(service: MeshService): EffectiveRule | undefined
}

export function createProxyView(snapshot: MeshSnapshot, node: ProxyNode): ProxyView {
  const pod = snapshot.podOf(node.namespace, node.name, node.addresses[0])
  const labels = pod?.metadata.labels ?? node.labels
  const viewer = { namespace: node.namespace, labels }
  const sees = (exportTo: readonly string[] | undefined, namespace: string): boolean => isVisible(exportTo, namespace, node.namespace)
  const rules = new Map<string, EffectiveRule | undefined>()
  const virtualServices = snapshot.virtualServices.filter((entry) => sees(entry.spec.exportTo, entry.namespace))
  return {
    snapshot,
    node,
    pod,
    labels,
    namespace: node.namespace,
    locality: localityOf(snapshot.nodeOf(pod?.spec?.nodeName)) ?? node.locality,
    nodeName: pod?.spec?.nodeName ?? textOf(node.metadata['NODE_NAME']),
    services: snapshot.services.filter((service) => sees(service.exportTo, service.namespace)),
    virtualServices,
    meshRoutes: createHostIndex(
      virtualServices
        .filter((value) => value.gateways.includes(meshGateway))
        .flatMap((value) => value.hosts.map((pattern) => ({ pattern, value }))),
    ),
    issues: createIssueCollector(),
    serviceOf: (host, namespace) => {
      const service = snapshot.servicesByHost.get(resolveHost(host, namespace, snapshot.meshConfig.clusterDomain))
      return service !== undefined && sees(service.exportTo, service.namespace) ? service : undefined
    },
    ruleFor: (service) => {
      if (!rules.has(service.host)) rules.set(service.host, snapshot.destinationRules.ruleFor(service, viewer))
      return rules.get(service.host)
    },
    inboundRuleFor: (service) => snapshot.destinationRules.inboundRuleFor(service, viewer),
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
