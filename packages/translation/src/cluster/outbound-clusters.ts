/** One cluster per visible service port, and one more per subset of its DestinationRule. */
import type { Cluster, MetadataStruct, UpstreamHttpOptions } from '@heddle/routing'
import type { ProxyView } from '../proxy/proxy-view.js'
import { configPath } from '../proxy/config-path.js'
import type { ClientTlsSettings, Subset, TrafficPolicyOverrides, WholePolicy } from '../resources/destination-rule.js'
import { durationMs } from '../resources/duration-field.js'
import type { EffectiveRule } from '../snapshot/destination-rules.js'
import type { MeshPort, MeshService } from '../snapshot/mesh-service.js'
import { shared } from '../snapshot/shared-results.js'
import { namespaceMode } from '../tls/mutual-tls-mode.js'
import { outboundName, sniOf } from './cluster-name.js'
import { loadAssignment, localityKey } from '../endpoint/load-assignments.js'
import { circuitBreakers, tcpKeepalive, upstreamHttp } from './connection-pool.js'
import { loadBalancing } from './load-balancer.js'
import { outlierDetection } from './outlier-detection.js'
import { policyFor } from './traffic-policy.js'
import { upstreamSecurity, type UpstreamSecurity, type UpstreamTlsInput } from './upstream-tls.js'

/** Istio's way of looking up names: again when an answer has grown old, a little earlier or later than others. */
const dns = { lookupFamily: 'V4_ONLY', refreshRateMs: 60_000, jitterMs: 100, respectTtl: true } as const

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
  const key = `cluster|${view.node.type}|${service.namespace}|${name}|${rule?.key ?? ''}`
  const place = service.resolution === 'told' ? '' : `|${localityKey(view.locality)}`
  return shared(view.snapshot, key + place, () => withNamedEndpoints(view, { key, ...outboundCluster(view, service, port, rule, subset) }))
}

/** Endpoints that DNS finds are part of the cluster. */
function withNamedEndpoints(view: ProxyView, target: OutboundCluster): OutboundCluster {
  const { type } = target.cluster
  if (type !== 'STRICT_DNS' && type !== 'LOGICAL_DNS') return target
  const all = loadAssignment(view, target)
  const [first] = all.localities
  const only = first === undefined ? [] : [{ ...first, endpoints: first.endpoints.slice(0, 1), loadBalancingWeight: 1 }]
  return { ...target, cluster: { ...target.cluster, loadAssignment: type === 'LOGICAL_DNS' ? { ...all, localities: only } : all } }
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
  const direct = isDirect(service, policy, sidecar)
  const http = upstreamHttp(port.protocol, policy.connectionPool, sidecar)
  // As with istiod: a sidecar is given Secrets only where the rule selects it; elsewhere it leaves TLS to the egress gateway.
  const mayHoldCredentials = !sidecar || rule?.resource.spec?.workloadSelector !== undefined
  const target = { service, port, subset, policy, mayHoldCredentials }
  const { external, ...security } = securityOf(view, target, http?.protocol === 'http2', direct)
  const httpOptions = { ...http, ...(security.transportSocket === undefined ? {} : autoSni(policy, service)) }
  return {
    service,
    port,
    subset,
    policy,
    cluster: {
      name,
      altStatName: `${name};`,
      ...discovery(service, policy, name, direct),
      ...connectionSettings(view, policy),
      ...withProxyHeader(security, policy.proxyProtocol),
      ...(Object.keys(httpOptions).length === 0 ? {} : { http: { protocol: 'http1', ...httpOptions } }),
      metadataExchange: true,
      metadata: { istio: clusterMetadata(service, rule, subset, external) },
    },
  }
}

/** A gateway knows no original destination: it has the endpoints that there are. */
function isDirect(service: MeshService, policy: TrafficPolicyOverrides, sidecar: boolean): boolean {
  if (service.resolution === 'original-destination') return sidecar
  return policy.loadBalancer?.simple === 'PASSTHROUGH' || (service.headless && sidecar)
}

function discovery(
  service: MeshService,
  policy: TrafficPolicyOverrides,
  name: string,
  direct: boolean,
): Pick<Cluster, 'type' | 'edsServiceName' | 'lbPolicy' | 'ringHash' | 'maglev' | 'slowStart' | 'dns'> {
  if (direct) return { type: 'ORIGINAL_DST', lbPolicy: 'CLUSTER_PROVIDED' }
  if (service.resolution === 'dns') return { type: 'STRICT_DNS', ...loadBalancing(policy.loadBalancer), dns }
  if (service.resolution === 'dns-first') return { type: 'LOGICAL_DNS', ...loadBalancing(policy.loadBalancer), dns }
  return { type: 'EDS', edsServiceName: name, ...loadBalancing(policy.loadBalancer) }
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
    settings: withEntryNames(policy.tls, service),
    autoMutualTls: snapshot.meshConfig.enableAutoMtls && !service.external && acceptsMutualTls(view, service, port, direct),
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

/** What a rule does not say about the names of certificates, the ServiceEntry may. */
function withEntryNames(settings: ClientTlsSettings | undefined, service: MeshService): ClientTlsSettings | undefined {
  if (settings === undefined || settings.subjectAltNames?.length || service.subjectAltNames.length === 0) return settings
  return { ...settings, subjectAltNames: service.subjectAltNames }
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
function autoSni(policy: TrafficPolicyOverrides, service: MeshService): Pick<UpstreamHttpOptions, 'autoSni' | 'autoSanValidation'> {
  const tls = withEntryNames(policy.tls, service)
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
    ...(service.external ? { external: true } : {}),
    services: [serviceMetadata(service)],
    ...(subset === undefined ? {} : { subset: subset.name }),
  }
}

export function serviceMetadata(service: MeshService): MetadataStruct {
  return { host: service.host, name: service.name, namespace: service.namespace }
}
