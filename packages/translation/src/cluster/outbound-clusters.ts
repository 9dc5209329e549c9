/** One cluster per visible service port, and one more per subset of its DestinationRule. */
import type { Cluster, MetadataStruct, UpstreamHttpOptions } from '@heddle/routing'
import type { ProxyView } from '../proxy/proxy-view.js'
import { configPath } from '../proxy/config-path.js'
import type { Subset, TrafficPolicyOverrides, WholePolicy } from '../resources/destination-rule.js'
import { durationMs } from '../resources/duration-field.js'
import type { EffectiveRule } from '../snapshot/destination-rules.js'
import type { MeshPort, MeshService } from '../snapshot/mesh-service.js'
import { shared } from '../snapshot/shared-results.js'
import { namespaceMode } from '../tls/mutual-tls-mode.js'
import { outboundName, sniOf } from './cluster-name.js'
import { circuitBreakers, tcpKeepalive, upstreamHttp } from './connection-pool.js'
import { loadBalancing } from './load-balancer.js'
import { outlierDetection } from './outlier-detection.js'
import { policyFor } from './traffic-policy.js'
import { upstreamSecurity, type UpstreamSecurity, type UpstreamTlsInput } from './upstream-tls.js'

/** A cluster together with what its endpoints are chosen by. */
export interface OutboundCluster {
  /** Equal for equal clusters of one snapshot; names of clusters are not, since proxies see different rules. */
  readonly key: string
  readonly cluster: Cluster
  readonly service: MeshService
  readonly port: MeshPort
  readonly subset: Subset | undefined
  readonly policy: WholePolicy
}

export function outboundClusters(view: ProxyView): readonly OutboundCluster[] {
  return view.services.flatMap((service) => {
    const rule = view.ruleFor(service)
    const subsets = [undefined, ...(rule?.subsets ?? [])]
    return service.ports.flatMap((port) => subsets.map((subset) => sharedCluster(view, service, port, rule, subset)))
  })
}

/** What a proxy sees of a service is decided by its type and by the rule that applies to it. */
function sharedCluster(
  view: ProxyView,
  service: MeshService,
  port: MeshPort,
  rule: EffectiveRule | undefined,
  subset: Subset | undefined,
): OutboundCluster {
  const name = outboundName(port.number, subset?.name ?? '', service.host)
  const key = `cluster|${view.node.type}|${name}|${rule?.key ?? ''}`
  return shared(view.snapshot, key, () => ({ key, ...outboundCluster(view, service, port, rule, subset) }))
}

function outboundCluster(
  view: ProxyView,
  service: MeshService,
  port: MeshPort,
  rule: EffectiveRule | undefined,
  subset: Subset | undefined,
): Omit<OutboundCluster, 'key'> {
  const policy = policyFor(rule, subset, port.number)
  const name = outboundName(port.number, subset?.name ?? '', service.host)
  const sidecar = view.node.type === 'sidecar'
  const direct = policy.loadBalancer?.simple === 'PASSTHROUGH' || (service.headless && sidecar)
  const http = upstreamHttp(port.protocol, policy.connectionPool, sidecar)
  // As with istiod: a sidecar is given Secrets only where the rule selects it; elsewhere it leaves TLS to the egress gateway.
  const mayHoldCredentials = !sidecar || rule?.resource.spec?.workloadSelector !== undefined
  const target = { service, port, subset, policy, mayHoldCredentials }
  const { external, ...security } = securityOf(view, target, http?.protocol === 'http2', direct)
  const httpOptions = { ...http, ...(security.transportSocket === undefined ? {} : autoSni(policy)) }
  return {
    service,
    port,
    subset,
    policy,
    cluster: {
      name,
      altStatName: `${name};`,
      ...(direct
        ? { type: 'ORIGINAL_DST', lbPolicy: 'CLUSTER_PROVIDED' }
        : { type: 'EDS', edsServiceName: name, ...loadBalancing(policy.loadBalancer) }),
      ...connectionSettings(view, policy),
      ...withProxyHeader(security, policy.proxyProtocol),
      ...(Object.keys(httpOptions).length === 0 ? {} : { http: { protocol: 'http1', ...httpOptions } }),
      metadataExchange: true,
      metadata: { istio: clusterMetadata(service, rule, subset, external) },
    },
  }
}

function connectionSettings(
  view: ProxyView,
  { connectionPool, outlierDetection: outlier, loadBalancer, retryBudget }: WholePolicy,
): Pick<Cluster, 'connectTimeoutMs' | 'commonLb' | 'circuitBreakers' | 'outlierDetection' | 'tcpKeepalive'> {
  const distributes = Boolean(loadBalancer?.localityLbSetting?.distribute?.length)
  return {
    connectTimeoutMs: durationMs(connectionPool?.tcp?.connectTimeout) ?? view.snapshot.meshConfig.connectTimeoutMs,
    commonLb: { healthyPanicThreshold: outlier?.minHealthPercent ?? 0, ...(distributes ? { localityWeighted: true } : {}) },
    circuitBreakers: circuitBreakers(connectionPool, retryBudget),
    ...(outlier === undefined ? {} : { outlierDetection: outlierDetection(outlier) }),
    ...tcpKeepalive(connectionPool),
  }
}

function securityOf(
  view: ProxyView,
  target: Pick<OutboundCluster, 'service' | 'port' | 'subset' | 'policy'> & Pick<UpstreamTlsInput, 'mayHoldCredentials'>,
  http2: boolean,
  direct: boolean,
): UpstreamSecurity {
  const { service, port, subset, policy, mayHoldCredentials } = target
  const { snapshot } = view
  return upstreamSecurity({
    settings: policy.tls,
    autoMutualTls: snapshot.meshConfig.enableAutoMtls && acceptsMutualTls(view, service, port, direct),
    identities: snapshot.identitiesOf(service),
    sni: sniOf(port.number, subset?.name ?? '', service.host),
    http2,
    perEndpoint: !direct,
    mayHoldCredentials,
  })
}

/** Every transport of the cluster begins with a PROXY header. */
function withProxyHeader(
  security: Pick<Cluster, 'transportSocket' | 'transportSocketMatches'>,
  proxyProtocol: WholePolicy['proxyProtocol'],
): Pick<Cluster, 'transportSocket' | 'transportSocketMatches'> {
  if (proxyProtocol === undefined) return security
  const header = { proxyProtocol: proxyProtocol.version ?? 'V1' } as const
  const { transportSocket, transportSocketMatches } = security
  if (transportSocketMatches !== undefined) {
    return {
      ...security,
      transportSocketMatches: transportSocketMatches.map((match) => ({
        ...match,
        transportSocket: { ...match.transportSocket, ...header },
      })),
    }
  }
  return { ...security, transportSocket: { ...(transportSocket ?? { kind: 'raw-buffer' }), ...header } }
}

/** A cluster that dials original destinations is all or nothing: one endpoint without mutual TLS switches it off. */
function acceptsMutualTls(view: ProxyView, service: MeshService, port: MeshPort, direct: boolean): boolean {
  if (direct) {
    const endpoints = view.snapshot.endpointsOf(service, port)
    if (endpoints.length === 0 || endpoints.some((endpoint) => !endpoint.mutualTls)) return false
  }
  return namespaceMode(view.snapshot, service.namespace) !== 'DISABLE'
}

/** TLS to the outside without a server name: it comes from the request's authority, and so does the name to verify. */
function autoSni(policy: TrafficPolicyOverrides): Pick<UpstreamHttpOptions, 'autoSni' | 'autoSanValidation'> {
  const { tls } = policy
  if ((tls?.mode !== 'SIMPLE' && tls?.mode !== 'MUTUAL') || tls.sni) return {}
  const verifies = tls.insecureSkipVerify !== true && !tls.subjectAltNames?.length
  return { autoSni: true, ...(verifies ? { autoSanValidation: true } : {}) }
}

function clusterMetadata(
  service: MeshService,
  rule: EffectiveRule | undefined,
  subset: Subset | undefined,
  external: boolean,
): MetadataStruct {
  return {
    ...(external ? { alpn_override: 'false' } : {}),
    ...(rule === undefined ? {} : { config: configPath('destination-rule', rule.resource.metadata) }),
    services: [serviceMetadata(service)],
    ...(subset === undefined ? {} : { subset: subset.name }),
  }
}

export function serviceMetadata(service: MeshService): MetadataStruct {
  return { host: service.host, name: service.name, namespace: service.namespace }
}
