/** Istio's standard metrics with all of their labels (istio.io, "Istio Standard Metrics"). */
import type { Cluster } from '@heddle/routing'
import type { ConnectionRecord, RequestRecord } from '../decision-record.js'
import { responseFlagsOf } from '../response-flag.js'
import { type Counter, type Histogram, type MetricRegistry, observe, renderLabels } from './metric-registry.js'
import { type Peer, unknownValue } from './peer.js'

export type Reporter = 'source' | 'destination'

/** Both ends of one exchange. */
export interface Ends {
  readonly reporter: Reporter
  readonly source: Peer
  readonly destination: Peer
  readonly isMutualTls: boolean
}

export interface IstioMetrics {
  request(record: RequestRecord, ends: Ends): void
  connection(record: ConnectionRecord, ends: Ends): void
  /** The labels of a record, for those who report it elsewhere. */
  labelsOf(record: RequestRecord | ConnectionRecord, ends: Ends): Readonly<Record<string, string>>
}

interface RequestSeries {
  readonly requests: Counter
  readonly duration: Histogram
  readonly requestBytes: Histogram
  readonly responseBytes: Histogram
}

/** Series bound per cluster, then per pair of ends, then per code, flags and security. */
type SeriesCache = Map<Cluster | string | undefined, Map<Peer, Map<Peer, Map<string, RequestSeries>>>>

/** Requests of more label sets than this are counted together. */
const maxSeries = 20_000

export function createIstioMetrics(registry: MetricRegistry): IstioMetrics {
  const cache: SeriesCache = new Map()
  let seriesCount = 0

  const bindRequest = (record: RequestRecord, ends: Ends): RequestSeries => {
    const labels = renderLabels(seriesCount++ < maxSeries ? labelsOf(record, ends) : { reporter: ends.reporter, overflow: 'true' })
    return {
      requests: registry.counter('istio_requests_total', labels),
      duration: registry.histogram('istio_request_duration_milliseconds', labels),
      requestBytes: registry.histogram('istio_request_bytes', labels),
      responseBytes: registry.histogram('istio_response_bytes', labels),
    }
  }

  const seriesOf = (record: RequestRecord, ends: Ends): RequestSeries => {
    const byOutcome = child(child(child(cache, record.cluster ?? record.clusterName), ends.source), ends.destination)
    const outcome = `${record.responseCode} ${record.responseFlags} ${ends.reporter} ${ends.isMutualTls} ${record.grpcStatus ?? ''}`
    let series = byOutcome.get(outcome)
    if (!series) byOutcome.set(outcome, (series = bindRequest(record, ends)))
    return series
  }

  return {
    labelsOf,
    request(record, ends) {
      const series = seriesOf(record, ends)
      series.requests.value++
      observe(series.duration, record.durationMs)
      observe(series.requestBytes, record.bytesReceived)
      observe(series.responseBytes, record.bytesSent)
    },
    connection(record, ends) {
      const labels = renderLabels(labelsOf(record, ends))
      registry.counter('istio_tcp_connections_opened_total', labels).value++
      registry.counter('istio_tcp_connections_closed_total', labels).value++
      registry.counter('istio_tcp_received_bytes_total', labels).value += record.bytesReceived
      registry.counter('istio_tcp_sent_bytes_total', labels).value += record.bytesSent
    },
  }
}

const newMap = (): unknown => new Map()

/** The value under a key, made when it is missing; the maker is a constant so that look-ups allocate nothing. */
function child<Key, Value>(map: Map<Key, Value>, key: Key): Value {
  let value = map.get(key)
  if (!value) map.set(key, (value = newMap() as Value))
  return value
}

function labelsOf(
  record: RequestRecord | ConnectionRecord,
  { reporter, source, destination, isMutualTls }: Ends,
): Readonly<Record<string, string>> {
  return {
    reporter,
    ...peerLabels('source', source),
    ...peerLabels('destination', destination),
    ...serviceLabels(record, reporter),
    request_protocol: record.kind === 'connection' ? 'tcp' : record.grpcStatus === undefined ? 'http' : 'grpc',
    ...(record.kind === 'request' ? { response_code: String(record.responseCode), grpc_response_status: record.grpcStatus ?? '' } : {}),
    response_flags: responseFlagsOf(record.responseFlags).join(',') || '-',
    connection_security_policy: reporter === 'source' ? unknownValue : isMutualTls ? 'mutual_tls' : 'none',
  }
}

function peerLabels(side: 'source' | 'destination', peer: Peer): Readonly<Record<string, string>> {
  return {
    [`${side}_workload`]: peer.workload,
    [`${side}_canonical_service`]: peer.canonicalService,
    [`${side}_canonical_revision`]: peer.canonicalRevision,
    [`${side}_workload_namespace`]: peer.namespace,
    [`${side}_principal`]: peer.principal,
    [`${side}_app`]: peer.app,
    [`${side}_version`]: peer.version,
    [`${side}_cluster`]: peer.cluster,
  }
}

/** The service as the cluster's metadata names it; Host headers are not believed, since strangers choose them. */
function serviceLabels({ cluster, clusterName }: RequestRecord | ConnectionRecord, reporter: Reporter): Readonly<Record<string, string>> {
  const services = cluster?.metadata?.['istio']?.['services']
  const service = Array.isArray(services)
    ? (services[0] as { readonly host?: string; readonly name?: string; readonly namespace?: string } | undefined)
    : undefined
  if (service)
    return {
      destination_service: service.host ?? unknownValue,
      destination_service_name: service.name ?? unknownValue,
      destination_service_namespace: service.namespace ?? unknownValue,
    }
  const special = clusterName?.endsWith('PassthroughCluster') || clusterName === 'BlackHoleCluster' ? clusterName : unknownValue
  return {
    destination_service: unknownValue,
    destination_service_name: reporter === 'destination' && special === unknownValue ? unknownValue : special,
    destination_service_namespace: unknownValue,
  }
}
