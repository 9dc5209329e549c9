/** What one proxy sees of the mesh: the services, rules and routes that are exported to its namespace. */
import { resolveHost } from '../host/host-name.js'
import { isVisible } from '../host/visibility.js'
import { createIssueCollector, type IssueCollector } from '../issue/translation-issue.js'
import type { ProxyNode } from '../node/proxy-node.js'
import { destinationsOf } from '../issue/unknown-references.js'
import type { Sidecar } from '../resources/sidecar.js'
import type { MeshConfig } from '../snapshot/mesh-config.js'
import { sidecarOf, sidecarScope, type SidecarScope } from './sidecar-scope.js'
import type { Pod } from '../resources/kubernetes.js'
import type { EffectiveRule } from '../snapshot/destination-rules.js'
import { createHostIndex, type HostIndex } from '../snapshot/host-index.js'
import type { MeshService } from '../snapshot/mesh-service.js'
import type { MeshSnapshot } from '../snapshot/mesh-snapshot.js'
import { meshGateway } from '../host/gateway-name.js'
import type { RuleTrace } from '../route/rule-trace.js'
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
  /** Sorted by host; with the ports that the proxy may know of. */
  readonly services: readonly MeshService[]
  /** What happens to calls to hosts that nobody registered. */
  readonly outboundTrafficPolicy: MeshConfig['outboundTrafficPolicy']
  /** The resource that limits what this proxy reaches, if there is one. */
  readonly sidecar: Sidecar | undefined
  /** Oldest first. */
  readonly virtualServices: readonly MeshVirtualService[]
  /** Those bound to the mesh, not to gateways only. */
  readonly meshRoutes: HostIndex<MeshVirtualService>
  readonly issues: IssueCollector
  readonly trace: RuleTrace | undefined
  /** A visible service by the host that a resource of `namespace` writes. */
  serviceOf(host: string, namespace: string): MeshService | undefined
  /** Whether a listener of the port leads to a service: a Sidecar may know it as a destination only. */
  reaches(service: MeshService, port: number): boolean
  /** Of calls to a service. */
  ruleFor(service: MeshService): EffectiveRule | undefined
  /** Of the workload's own port of a service. */
  inboundRuleFor(service: MeshService): EffectiveRule | undefined
}

/** @param trace filled with where routes and chains are from. */
export function createProxyView(snapshot: MeshSnapshot, node: ProxyNode, trace?: RuleTrace): ProxyView {
  const pod = snapshot.podOf(node.namespace, node.name, node.addresses[0])
  const labels = pod?.metadata.labels ?? node.labels
  const viewer = { namespace: node.namespace, labels }
  const sees = (exportTo: readonly string[] | undefined, namespace: string): boolean => isVisible(exportTo, namespace, node.namespace)
  const rules = new Map<string, EffectiveRule | undefined>()
  const sidecar = node.type === 'sidecar' ? sidecarOf(snapshot, node.namespace, labels) : undefined
  const scope = sidecar && sidecarScope(sidecar, node.namespace, snapshot.meshConfig)
  const exported = snapshot.virtualServices.filter((entry) => sees(entry.spec.exportTo, entry.namespace))
  const virtualServices = scope === undefined ? exported : exported.filter((entry) => scope.importsRoutes(entry))
  const visible = oneForEachHost(
    snapshot.services.filter((service) => sees(service.exportTo, service.namespace)),
    node.namespace,
  )
  const services = scope === undefined ? visible : importedServices(scope, visible, virtualServices, snapshot.meshConfig)
  const byHost = new Map(services.map((service) => [service.host, service]))
  return {
    snapshot,
    node,
    pod,
    labels,
    namespace: node.namespace,
    locality: localityOf(snapshot.nodeOf(pod?.spec?.nodeName)) ?? node.locality,
    nodeName: pod?.spec?.nodeName ?? textOf(node.metadata['NODE_NAME']),
    services,
    outboundTrafficPolicy: scope?.outboundTrafficPolicy ?? snapshot.meshConfig.outboundTrafficPolicy,
    sidecar,
    virtualServices,
    meshRoutes: createHostIndex(
      virtualServices
        .filter((value) => value.gateways.includes(meshGateway))
        .flatMap((value) => value.hosts.map((pattern) => ({ pattern, value }))),
    ),
    issues: createIssueCollector(),
    trace,
    serviceOf: (host, namespace) => byHost.get(resolveHost(host, namespace, snapshot.meshConfig.clusterDomain)),
    reaches: (service, port) => scope === undefined || scope.reaches(service, port),
    ruleFor: (service) => {
      if (!rules.has(service.host)) rules.set(service.host, snapshot.destinationRules.ruleFor(service, viewer))
      return rules.get(service.host)
    },
    inboundRuleFor: (service) => snapshot.destinationRules.inboundRuleFor(service, viewer),
  }
}

/** Of several ServiceEntries for one host that of the proxy's own namespace, else the first. */
function oneForEachHost(services: readonly MeshService[], namespace: string): readonly MeshService[] {
  const chosen: MeshService[] = []
  for (const service of services) {
    const last = chosen.at(-1)
    if (last?.host !== service.host) chosen.push(service)
    else if (service.namespace === namespace && last.namespace !== namespace) chosen[chosen.length - 1] = service
  }
  return chosen.length === services.length ? services : chosen
}

/** What the Sidecar names, and what the routes that it names lead to. */
function importedServices(
  scope: SidecarScope,
  visible: readonly MeshService[],
  routes: readonly MeshVirtualService[],
  { clusterDomain }: MeshConfig,
): readonly MeshService[] {
  const destinations = new Set(
    routes.flatMap((owner) =>
      destinationsOf(owner).map(({ destination, namespace }) => resolveHost(destination?.host ?? '', namespace, clusterDomain)),
    ),
  )
  return visible.flatMap((service) => (destinations.has(service.host) ? service : (scope.imported(service) ?? [])))
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
