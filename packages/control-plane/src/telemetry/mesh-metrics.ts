/** The mesh's own totals, added up from access records under Istio's metric names, in Prometheus' text format. */
import type { AccessLogEntry } from '@heddle/xds'
import { renderLabels } from './mesh-labels.js'

const bucketsMs: readonly number[] = [
  0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 300_000, 600_000, 1_800_000, 3_600_000,
]

/** Label sets kept; further ones are counted as dropped, since strangers choose some label values. */
const maxSeries = 20_000
/** Their text, of which the page has 23 copies in one string: V8's longest has half a billion characters. */
const maxLabelText = 12 * 1024 * 1024

interface Series {
  readonly labels: string
  requests: number
  durationSumMs: number
  readonly durationBuckets: number[]
  receivedBytes: number
  sentBytes: number
}

export interface MeshMetrics {
  add(entry: AccessLogEntry): void
  /** Counts a record that is not believed. */
  drop(): void
  render(): string
}

export function createMeshMetrics(): MeshMetrics {
  const http = new Map<string, Series>()
  const tcp = new Map<string, Series>()
  let dropped = 0
  let textLeft = maxLabelText

  const seriesOf = (entry: AccessLogEntry): Series | undefined => {
    const all = entry.kind === 'http' ? http : tcp
    const labels = renderLabels(entry.tags)
    const found = all.get(labels)
    if (found) return found
    if (http.size + tcp.size >= maxSeries || labels.length > textLeft) return undefined
    textLeft -= labels.length
    const series: Series = {
      labels,
      requests: 0,
      durationSumMs: 0,
      durationBuckets: bucketsMs.map(() => 0),
      receivedBytes: 0,
      sentBytes: 0,
    }
    all.set(labels, series)
    return series
  }

  return {
    add(entry) {
      const series = seriesOf(entry)
      if (!series) {
        dropped++
        return
      }
      series.requests++
      series.durationSumMs += entry.durationMs
      series.receivedBytes += entry.kind === 'http' ? entry.requestBodyBytes : entry.receivedBytes
      series.sentBytes += entry.kind === 'http' ? entry.responseBodyBytes : entry.sentBytes
      for (const [index, bound] of bucketsMs.entries()) if (entry.durationMs <= bound) (series.durationBuckets[index] as number)++
    },
    drop() {
      dropped++
    },
    render() {
      return [
        ...family('istio_requests_total', 'counter', http, ({ requests }) => requests),
        ...histogram('istio_request_duration_milliseconds', http),
        ...family('istio_tcp_connections_closed_total', 'counter', tcp, ({ requests }) => requests),
        ...family('istio_tcp_received_bytes_total', 'counter', tcp, ({ receivedBytes }) => receivedBytes),
        ...family('istio_tcp_sent_bytes_total', 'counter', tcp, ({ sentBytes }) => sentBytes),
        '# TYPE heddle_telemetry_dropped_records_total counter',
        `heddle_telemetry_dropped_records_total ${dropped}`,
        '',
      ].join('\n')
    },
  }
}

function family(name: string, type: string, all: ReadonlyMap<string, Series>, value: (series: Series) => number): readonly string[] {
  if (all.size === 0) return []
  return [`# TYPE ${name} ${type}`, ...[...all.values()].map((series) => `${name}{${series.labels}} ${value(series)}`)]
}

function histogram(name: string, all: ReadonlyMap<string, Series>): readonly string[] {
  if (all.size === 0) return []
  return [
    `# TYPE ${name} histogram`,
    ...[...all.values()].flatMap(({ labels, durationBuckets, requests, durationSumMs }) => [
      ...bucketsMs.map((bound, index) => `${name}_bucket{${labels},le="${bound}"} ${durationBuckets[index]}`),
      `${name}_bucket{${labels},le="+Inf"} ${requests}`,
      `${name}_sum{${labels}} ${durationSumMs}`,
      `${name}_count{${labels}} ${requests}`,
    ]),
  ]
}
