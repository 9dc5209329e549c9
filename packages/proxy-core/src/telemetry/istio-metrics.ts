/**
 * Istio's standard metrics with all of their labels (istio.io, "Istio Standard Metrics"). What has the same labels is
 * found again by identity - ends, cluster - and small numbers, so that a request builds no label and no key.
 */
import type { Cluster } from '@heddle/routing'
import type { ConnectionRecord, DecisionRecord, RequestRecord } from '../decision-record.js'
import type { Ends } from './ends.js'
import { istioLabels, type Labels } from './istio-labels.js'
import { type Counter, type Histogram, type MetricRegistry, observe, renderLabels } from './metric-registry.js'

export interface IstioMetrics {
  /** Counts it. @returns its labels: one object per series. */
  request(record: RequestRecord, ends: Ends): Labels
  connection(record: ConnectionRecord, ends: Ends): Labels
}

interface Series {
  readonly labels: Labels
  readonly responseFlags: number
  readonly grpcStatus: string | undefined
}

interface RequestSeries extends Series {
  readonly requests: Counter
  readonly duration: Histogram
  readonly requestBytes: Histogram
  readonly responseBytes: Histogram
}

interface ConnectionSeries extends Series {
  readonly opened: Counter
  readonly closed: Counter
  readonly received: Counter
  readonly sent: Counter
}

/** Requests of more label sets than this, or with more text in them, are counted together: the page has some 70 lines for each set, and must fit into one string. */
const maxSeries = 5000
const maxLabelText = 5_242_880

export function createIstioMetrics(registry: MetricRegistry, limit: number = maxSeries): IstioMetrics {
  const bounded = createBoundedLabels(limit)
  const requests = new SeriesCache((record, ends) => bindRequest(registry, bounded, record, ends))
  const connections = new SeriesCache((record, ends) => bindConnection(registry, bounded, record, ends))
  return {
    request(record, ends) {
      const series = requests.find(record, ends, record.responseCode, record.grpcStatus)
      series.requests.value++
      observe(series.duration, record.durationMs)
      observe(series.requestBytes, record.bytesReceived)
      observe(series.responseBytes, record.bytesSent)
      return series.labels
    },
    connection(record, ends) {
      const series = connections.find(record, ends, 0, undefined)
      series.opened.value++
      series.closed.value++
      series.received.value += record.bytesReceived
      series.sent.value += record.bytesSent
      return series.labels
    },
  }
}

/** Clusters that are gone take their entries along; ends are few, since peers are interned and bounded. */
class SeriesCache<Bound extends Series> {
  readonly #byEnds = new Map<Ends, WeakMap<Cluster, Map<number, Bound[]>>>()
  /** Stands for the cluster that a configuration names but does not hold, and for none. */
  readonly #named = new Map<string | undefined, Cluster>()
  #last: Bound | undefined
  #lastEnds: Ends | undefined
  #lastCluster: Cluster | undefined
  #lastCode = 0
  readonly #bind: (record: DecisionRecord, ends: Ends) => Bound

  constructor(bind: (record: DecisionRecord, ends: Ends) => Bound) {
    this.#bind = bind
  }

  /** Most records belong to the series of the one before. */
  find(record: DecisionRecord, ends: Ends, responseCode: number, grpcStatus: string | undefined): Bound {
    const last = this.#last
    if (
      last !== undefined &&
      this.#lastEnds === ends &&
      this.#lastCluster === record.cluster &&
      this.#lastCode === responseCode &&
      last.responseFlags === record.responseFlags &&
      last.grpcStatus === grpcStatus &&
      record.cluster !== undefined
    )
      return last
    this.#last = this.#lookUp(record, ends, responseCode, grpcStatus)
    this.#lastEnds = ends
    this.#lastCluster = record.cluster
    this.#lastCode = responseCode
    return this.#last
  }

  #lookUp(record: DecisionRecord, ends: Ends, responseCode: number, grpcStatus: string | undefined): Bound {
    let byCluster = this.#byEnds.get(ends)
    if (!byCluster) this.#byEnds.set(ends, (byCluster = new WeakMap()))
    const cluster = record.cluster ?? this.#stand(record.clusterName)
    let byCode = byCluster.get(cluster)
    if (!byCode) byCluster.set(cluster, (byCode = new Map<number, Bound[]>()))
    let group = byCode.get(responseCode)
    if (!group) byCode.set(responseCode, (group = []))
    for (const series of group) if (series.responseFlags === record.responseFlags && series.grpcStatus === grpcStatus) return series
    const series = this.#bind(record, ends)
    // An upstream that invents statuses must not make this list long.
    if (group.length < 64) group.push(series)
    return series
  }

  #stand(clusterName: string | undefined): Cluster {
    let cluster = this.#named.get(clusterName)
    if (!cluster) this.#named.set(clusterName, (cluster = { name: clusterName ?? '', type: 'STATIC' }))
    return cluster
  }
}

type BoundedLabels = (labels: Labels) => { readonly labels: Labels; readonly text: string }

/** Label sets up to a limit; those beyond share one. */
function createBoundedLabels(limit: number): BoundedLabels {
  const known = new Map<string, Labels>()
  let textLeft = maxLabelText
  return (labels) => {
    const text = renderLabels(labels)
    const same = known.get(text)
    if (same) return { labels: same, text }
    if (known.size >= limit || text.length > textLeft)
      return { labels, text: renderLabels({ reporter: labels['reporter'] ?? '', overflow: 'true' }) }
    textLeft -= text.length
    known.set(text, labels)
    return { labels, text }
  }
}

function bindRequest(registry: MetricRegistry, bounded: BoundedLabels, record: DecisionRecord, ends: Ends): RequestSeries {
  const { labels, text } = bounded(istioLabels(record, ends))
  return {
    labels,
    responseFlags: record.responseFlags,
    grpcStatus: record.kind === 'request' ? record.grpcStatus : undefined,
    requests: registry.counter('istio_requests_total', text),
    duration: registry.histogram('istio_request_duration_milliseconds', text),
    requestBytes: registry.histogram('istio_request_bytes', text),
    responseBytes: registry.histogram('istio_response_bytes', text),
  }
}

function bindConnection(registry: MetricRegistry, bounded: BoundedLabels, record: DecisionRecord, ends: Ends): ConnectionSeries {
  const { labels, text } = bounded(istioLabels(record, ends))
  return {
    labels,
    responseFlags: record.responseFlags,
    grpcStatus: undefined,
    opened: registry.counter('istio_tcp_connections_opened_total', text),
    closed: registry.counter('istio_tcp_connections_closed_total', text),
    received: registry.counter('istio_tcp_received_bytes_total', text),
    sent: registry.counter('istio_tcp_sent_bytes_total', text),
  }
}
