/** envoy.config.cluster.v3.Cluster. */
import type { CircuitBreakerThresholds, Cluster, ClusterType, LbPolicy, TransportSocketMatch } from '@heddle/routing'
import { packAny, unpackAny } from '../message/any.js'
import { decodeList, type Decoding } from '../decoding.js'
import type {
  CircuitBreakers_Thresholds_RetryBudgetJson as RetryBudgetJson,
  CircuitBreakers_ThresholdsJson as ThresholdsJson,
  Cluster_TransportSocketMatchJson as TransportSocketMatchJson,
  ClusterJson,
} from '../gen/envoy/config/cluster/v3/cluster_pb.js'
import type { PercentJson } from '../gen/envoy/type/v3/type_pb.js'
import { compact, durationJson, durationMs, list, oneOf, unlessDefault } from '../message/json-object.js'
import type { Profile } from '../resource.js'
import { extensionUrls } from '../type-url.js'
import { decodeConnectionOptions, decodeDns, encodeConnectionOptions, encodeDns } from './cluster-connection.js'
import { decodeLoadBalancing, encodeLoadBalancing } from './load-balancing.js'
import { adsConfigSource, decodeMetadata, encodeMetadata } from './core.js'
import { decodeLoadAssignment, encodeLoadAssignment } from './endpoint.js'
import { isMetadataExchange, metadataExchangeFilter } from './network-filter.js'
import { decodeOutlierDetection, encodeOutlierDetection } from './outlier-detection.js'
import { decodeUpstreamTransportSocket, encodeUpstreamTransportSocket } from './tls-context.js'
import { decodeUpstreamHttp, encodeUpstreamHttp, upstreamHttpKey } from './upstream-http.js'

const types: readonly ClusterType[] = ['EDS', 'STATIC', 'STRICT_DNS', 'LOGICAL_DNS', 'ORIGINAL_DST']
const lbPolicies: readonly LbPolicy[] = ['ROUND_ROBIN', 'LEAST_REQUEST', 'RANDOM', 'RING_HASH', 'MAGLEV', 'CLUSTER_PROVIDED']

export function encodeCluster(cluster: Cluster, profile: Profile): ClusterJson {
  return compact<ClusterJson>({
    name: unlessDefault(cluster.name),
    altStatName: unlessDefault(cluster.altStatName),
    type: cluster.type,
    edsClusterConfig: cluster.type === 'EDS' ? edsConfig(cluster) : undefined,
    connectTimeout: durationJson(cluster.connectTimeoutMs),
    perConnectionBufferLimitBytes: cluster.perConnectionBufferLimitBytes,
    lbPolicy: cluster.lbPolicy === 'ROUND_ROBIN' ? undefined : cluster.lbPolicy,
    loadAssignment: cluster.loadAssignment === undefined ? undefined : encodeLoadAssignment(cluster.loadAssignment),
    circuitBreakers: cluster.circuitBreakers === undefined ? undefined : { thresholds: [encodeThresholds(cluster.circuitBreakers)] },
    typedExtensionProtocolOptions: encodeHttp(cluster),
    outlierDetection: encodeOutlierDetection(cluster.outlierDetection),
    cleanupInterval: durationJson(cluster.cleanupIntervalMs),
    transportSocket: cluster.transportSocket === undefined ? undefined : encodeUpstreamTransportSocket(cluster.transportSocket, profile),
    transportSocketMatches: list(cluster.transportSocketMatches, (match) => encodeTransportSocketMatch(match, profile)),
    metadata: encodeMetadata(cluster.metadata),
    filters: profile === 'istio' && cluster.metadataExchange === true ? [metadataExchangeFilter] : undefined,
    ...encodeLoadBalancing(cluster),
    ...encodeConnectionOptions(cluster),
    ...encodeDns(cluster),
  })
}

export function decodeCluster(json: ClusterJson, decoding: Decoding): Cluster {
  return compact<Cluster>({
    name: json.name ?? '',
    type: oneOf(types, json.type) ?? 'STATIC',
    edsServiceName: json.edsClusterConfig?.serviceName,
    loadAssignment: json.loadAssignment === undefined ? undefined : decodeLoadAssignment(json.loadAssignment),
    altStatName: json.altStatName,
    connectTimeoutMs: durationMs(json.connectTimeout),
    perConnectionBufferLimitBytes: json.perConnectionBufferLimitBytes,
    lbPolicy: oneOf(lbPolicies, json.lbPolicy),
    circuitBreakers: decodeThresholds(json.circuitBreakers?.thresholds?.[0]),
    outlierDetection: decodeOutlierDetection(json.outlierDetection),
    transportSocket: json.transportSocket === undefined ? undefined : decodeUpstreamTransportSocket(json.transportSocket, decoding),
    transportSocketMatches: decodeList(json.transportSocketMatches, (match) => decodeTransportSocketMatch(match, decoding)),
    http: decodeUpstreamHttp(unpackAny(extensionUrls.httpProtocolOptions, json.typedExtensionProtocolOptions?.[upstreamHttpKey])),
    metadataExchange: decodeFilters(json, decoding),
    cleanupIntervalMs: durationMs(json.cleanupInterval),
    metadata: decodeMetadata(json.metadata),
    ...decodeLoadBalancing(json),
    ...decodeConnectionOptions(json),
    ...decodeDns(json),
  })
}

function edsConfig(cluster: Cluster): ClusterJson['edsClusterConfig'] & object {
  return compact<ClusterJson['edsClusterConfig'] & object>({
    edsConfig: adsConfigSource,
    serviceName: unlessDefault(cluster.edsServiceName),
  })
}

function encodeHttp(cluster: Cluster): ClusterJson['typedExtensionProtocolOptions'] {
  if (cluster.http === undefined) return undefined
  return { [upstreamHttpKey]: packAny(extensionUrls.httpProtocolOptions, encodeUpstreamHttp(cluster.http)) }
}

function encodeThresholds(thresholds: CircuitBreakerThresholds): ThresholdsJson {
  const { retryBudget, ...counts } = thresholds
  return compact<ThresholdsJson>({
    ...counts,
    trackRemaining: unlessDefault(thresholds.trackRemaining),
    retryBudget:
      retryBudget &&
      compact<RetryBudgetJson>({
        budgetPercent: retryBudget.percent === undefined ? undefined : compact<PercentJson>({ value: unlessDefault(retryBudget.percent) }),
        minRetryConcurrency: retryBudget.minConcurrency,
      }),
  })
}

function decodeThresholds(json: ThresholdsJson | undefined): CircuitBreakerThresholds | undefined {
  if (json === undefined) return undefined
  const { maxConnections, maxPendingRequests, maxRequests, maxRetries, trackRemaining } = json
  const retryBudget = decodeRetryBudget(json.retryBudget)
  return compact<CircuitBreakerThresholds>({ maxConnections, maxPendingRequests, maxRequests, maxRetries, retryBudget, trackRemaining })
}

function decodeRetryBudget(json: RetryBudgetJson | undefined): CircuitBreakerThresholds['retryBudget'] {
  if (json === undefined) return undefined
  const percent = json.budgetPercent === undefined ? undefined : Number(json.budgetPercent.value ?? 0)
  return compact<NonNullable<CircuitBreakerThresholds['retryBudget']>>({ percent, minConcurrency: json.minRetryConcurrency })
}

function encodeTransportSocketMatch(match: TransportSocketMatch, profile: Profile): TransportSocketMatchJson {
  return compact<TransportSocketMatchJson>({
    name: unlessDefault(match.name),
    match: { ...match.match },
    transportSocket: encodeUpstreamTransportSocket(match.transportSocket, profile),
  })
}

function decodeTransportSocketMatch(json: TransportSocketMatchJson, decoding: Decoding): TransportSocketMatch | undefined {
  const match = Object.entries(json.match ?? {})
  if (match.some(([, value]) => typeof value !== 'string')) {
    decoding.drop(json, 'matches on metadata other than strings')
    return undefined
  }
  const transportSocket = decodeUpstreamTransportSocket(json.transportSocket ?? {}, decoding)
  if (transportSocket === undefined) return undefined
  return { name: json.name ?? '', match: Object.fromEntries(match) as Record<string, string>, transportSocket }
}

function decodeFilters(json: ClusterJson, decoding: Decoding): true | undefined {
  let metadataExchange: true | undefined
  for (const filter of json.filters ?? []) {
    if (isMetadataExchange(filter)) metadataExchange = true
    else decoding.drop(filter, `upstream network filter "${filter.name ?? ''}" is not supported`)
  }
  return metadataExchange
}
