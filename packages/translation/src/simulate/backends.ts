/** Where a route's requests go: clusters with their shares, endpoints, and the TLS of each. */
import type { Cluster, ClusterLoadAssignment, LbEndpoint, ProxyConfig, UpstreamTransportSocket, WeightedCluster } from '@heddle/routing'
import { policyFor } from '../cluster/traffic-policy.js'
import type { ProxyView } from '../proxy/proxy-view.js'
import { portOf, type MeshPort } from '../snapshot/mesh-service.js'
import { inboundVerdict } from './inbound-verdict.js'
import type { Backend, BackendEndpoint, ClientTls } from './simulation.js'

export interface BackendContext {
  readonly view: ProxyView
  readonly config: ProxyConfig
  readonly content: 'http' | 'bytes'
  /** Original destination of the connection. */
  readonly destination: { readonly address: string | undefined; readonly port: number }
}

type Target =
  | { readonly kind: 'cluster'; readonly cluster: string }
  | { readonly kind: 'weighted-clusters'; readonly clusters: readonly WeightedCluster[] }

export function backendsOf(context: BackendContext, target: Target): readonly Backend[] {
  const entries: readonly Pick<WeightedCluster, 'name' | 'weight' | 'headers' | 'hostRewriteLiteral'>[] =
    target.kind === 'cluster' ? [{ name: target.cluster, weight: 1 }] : target.clusters
  const total = entries.reduce((sum, { weight }) => sum + weight, 0)
  return entries.map(({ name, weight, headers, hostRewriteLiteral }) => ({
    ...backend(context, name),
    share: total === 0 ? 0 : (weight * 100) / total,
    ...(headers === undefined ? {} : { headers }),
    ...(hostRewriteLiteral === undefined ? {} : { authority: hostRewriteLiteral }),
  }))
}

function backend(context: BackendContext, name: string): Omit<Backend, 'share'> {
  const cluster = context.config.clusters.find((one) => one.name === name)
  const named = identity(context, name)
  if (cluster === undefined) return { cluster: name, exists: false, ...named, endpoints: [] }
  return { cluster: name, exists: true, type: cluster.type, ...named, endpoints: endpointsOf(context, cluster) }
}

type Identity = Pick<Backend, 'host' | 'port' | 'subset' | 'subsetLabels' | 'destinationRule'>

/** What the name of a cluster says: `outbound|PORT|SUBSET|HOST`. */
function identity({ view }: BackendContext, name: string): Identity {
  const [direction, port, subset, host] = name.split('|')
  if (direction !== 'outbound' || port === undefined || host === undefined) return {}
  const service = view.services.find((one) => one.host === host)
  const rule = service && view.ruleFor(service)
  const labels = rule?.subsets.find((one) => one.name === subset)?.labels
  const { metadata } = rule?.resource ?? {}
  return {
    host,
    port: Number(port),
    ...(subset ? { subset } : {}),
    ...(subset && labels !== undefined ? { subsetLabels: labels } : {}),
    ...(metadata === undefined ? {} : { destinationRule: `${metadata.namespace ?? 'default'}/${metadata.name ?? ''}` }),
  }
}

function endpointsOf(context: BackendContext, cluster: Cluster): readonly BackendEndpoint[] {
  if (cluster.type === 'ORIGINAL_DST') return originalDestination(context, cluster)
  const assignment: ClusterLoadAssignment | undefined =
    cluster.loadAssignment ?? context.config.endpoints.find(({ clusterName }) => clusterName === (cluster.edsServiceName ?? cluster.name))
  return (assignment?.localities ?? []).flatMap(({ endpoints, priority = 0 }) =>
    endpoints.map((endpoint) => backendEndpoint(context, cluster, endpoint, priority)),
  )
}

function originalDestination(context: BackendContext, cluster: Cluster): readonly BackendEndpoint[] {
  const { address, port } = context.destination
  return address === undefined ? [] : [backendEndpoint(context, cluster, { address: { address, port } }, 0)]
}

function backendEndpoint(context: BackendContext, cluster: Cluster, endpoint: LbEndpoint, priority: number): BackendEndpoint {
  const { address, port } = endpoint.address
  const [workload, namespace] = workloadOf(endpoint).split(';')
  const clientTls = tlsOf(context, cluster, endpoint)
  const servicePort = portOfCluster(context, cluster)
  const inbound = inboundVerdict(context.view.snapshot, {
    address,
    port,
    ...(servicePort === undefined ? {} : { servicePort }),
    content: context.content,
    clientTls,
    serverName: serverNameOf(cluster, endpoint),
  })
  return {
    address,
    port,
    ...(endpoint.healthStatus === undefined ? {} : { healthy: endpoint.healthStatus !== 'UNHEALTHY' }),
    ...(workload ? { workload: `${workload}.${namespace ?? ''}` } : {}),
    priority,
    weight: endpoint.loadBalancingWeight ?? 1,
    clientTls,
    ...(inbound === undefined ? {} : { inbound }),
  }
}

/** `NAME;NAMESPACE;...`, as Istio writes it. */
function workloadOf({ metadata }: LbEndpoint): string {
  const tuple = metadata?.['istio']?.['workload']
  return typeof tuple === 'string' ? tuple : ''
}

function portOfCluster({ view }: BackendContext, { name }: Cluster): MeshPort | undefined {
  const [, port, , host] = name.split('|')
  const service = view.services.find((one) => one.host === host)
  return service && portOf(service, Number(port))
}

/** The transport of an endpoint, as the engine takes it: the first match that holds on its metadata. */
function transportOf(cluster: Cluster, endpoint: LbEndpoint): UpstreamTransportSocket | undefined {
  if (cluster.transportSocketMatches === undefined) return cluster.transportSocket
  const labels = endpoint.metadata?.['envoy.transport_socket_match'] ?? {}
  const fits = cluster.transportSocketMatches.find(({ match }) => Object.entries(match).every(([key, value]) => labels[key] === value))
  return fits?.transportSocket ?? cluster.transportSocket
}

function serverNameOf(cluster: Cluster, endpoint: LbEndpoint): string | undefined {
  const transport = transportOf(cluster, endpoint)
  return transport?.kind === 'tls' ? transport.tls.sni : undefined
}

function tlsOf(context: BackendContext, cluster: Cluster, endpoint: LbEndpoint): ClientTls {
  const transport = transportOf(cluster, endpoint)
  const asked = ruleTls(context, cluster)
  if (transport?.kind !== 'tls') {
    if (asked !== undefined) return { mode: 'plaintext', reason: asked }
    return { mode: 'plaintext', reason: plainReason(context, cluster) }
  }
  const isMesh = transport.tls.common.certificates?.some((secret) => secret.name === 'default') === true
  if (asked !== undefined) return { mode: isMesh ? 'mutual' : 'tls', reason: asked }
  return { mode: isMesh ? 'mutual' : 'tls', reason: 'auto mTLS: the endpoint has a sidecar' }
}

/** What a DestinationRule says, as the reason. */
function ruleTls({ view }: BackendContext, { name }: Cluster): string | undefined {
  const [, port, subsetName, host] = name.split('|')
  const service = view.services.find((one) => one.host === host)
  const rule = service && view.ruleFor(service)
  const subset = rule?.subsets.find((one) => one.name === subsetName)
  const mode = policyFor(rule, subset, Number(port)).tls?.mode
  return rule === undefined || mode === undefined
    ? undefined
    : `DestinationRule ${rule.resource.metadata.namespace ?? 'default'}/${rule.resource.metadata.name ?? ''} says ${mode}`
}

function plainReason({ view }: BackendContext, { name }: Cluster): string {
  const [, port, , host] = name.split('|')
  const service = view.services.find((one) => one.host === host)
  if (service === undefined) return 'the destination is not known'
  if (service.external) return 'the service is outside of the mesh'
  if (!view.snapshot.meshConfig.enableAutoMtls) return 'auto mTLS is off'
  const known = portOf(service, Number(port))
  return known === undefined ? 'the port is not known' : 'auto mTLS: the endpoint has no sidecar, or its PeerAuthentication is DISABLE'
}
