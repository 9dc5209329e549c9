import type { HttpLogEntry, TcpLogEntry } from '@heddle/xds'
import { describe, expect, it } from 'vitest'
import { createAccessStore } from '../../src/telemetry/access-store.js'
import { isOwnReport } from '../../src/telemetry/mesh-labels.js'
import { createMeshMetrics } from '../../src/telemetry/mesh-metrics.js'

const http = (tags: Record<string, string>, durationMs = 7): HttpLogEntry => ({
  kind: 'http',
  startTimeMs: 0,
  durationMs,
  responseFlags: [],
  requestBodyBytes: 1,
  responseBodyBytes: 2,
  tags,
})
const tcp = (tags: Record<string, string>): TcpLogEntry => ({
  kind: 'tcp',
  startTimeMs: 0,
  durationMs: 3,
  responseFlags: [],
  receivedBytes: 10,
  sentBytes: 20,
  tags,
})
const lines = (entries: readonly (HttpLogEntry | TcpLogEntry)[]): readonly string[] => {
  const metrics = createMeshMetrics()
  for (const entry of entries) metrics.add(entry)
  return metrics.render().split('\n')
}

describe('the mesh metrics', () => {
  it('count requests and their durations by Istio’s labels', () => {
    const rendered = lines([http({ reporter: 'source' }, 7), http({ reporter: 'source' }, 30)])
    expect(rendered).toContain('istio_requests_total{reporter="source"} 2')
    expect(rendered).toContain('istio_request_duration_milliseconds_bucket{reporter="source",le="10"} 1')
    expect(rendered).toContain('istio_request_duration_milliseconds_bucket{reporter="source",le="+Inf"} 2')
    expect(rendered).toContain('istio_request_duration_milliseconds_sum{reporter="source"} 37')
  })

  it('count connections and their bytes', () => {
    const rendered = lines([tcp({ reporter: 'source' })])
    expect(rendered).toContain('istio_tcp_received_bytes_total{reporter="source"} 10')
    expect(rendered).toContain('istio_tcp_sent_bytes_total{reporter="source"} 20')
  })

  it('take no label that a workload made up, and no value that ends its line', () => {
    const rendered = lines([http({ reporter: 'a"}\n1', 'x="1"} 5\nfake_total': 'y', source_app: '\\' })])
    expect(rendered).toContain('istio_requests_total{reporter="a\\"}\\n1",source_app="\\\\"} 1')
    expect(rendered.join('\n')).not.toContain('fake_total')
  })

  it('stop at their limit of series and say how much was dropped', () => {
    const metrics = createMeshMetrics()
    for (let index = 0; index < 20_005; index++) metrics.add(http({ source_app: String(index) }))
    expect(metrics.render()).toContain('heddle_telemetry_dropped_records_total 5')
  })

  it('stop at their limit of text, and can be shown then', () => {
    const metrics = createMeshMetrics()
    const long = Object.fromEntries(['source_app', 'source_version', 'destination_app'].map((name) => [name, 'x'.repeat(256)]))
    const one = createMeshMetrics()
    one.add(http({ ...long, source_workload: '10000' }))
    const [, labels = ''] = /^istio_requests_total\{(.*)\} 1$/m.exec(one.render()) ?? []
    const fitting = Math.floor((12 * 1024 * 1024) / labels.length)
    for (let index = 0; index < fitting + 3; index++) metrics.add(http({ ...long, source_workload: String(10_000 + index) }))
    expect(fitting).toBeLessThan(20_000)
    expect(metrics.render()).toContain('heddle_telemetry_dropped_records_total 3')
  })
})

it('a workload reports only for its own namespace', () => {
  expect(isOwnReport({ reporter: 'destination', destination_workload_namespace: 'a', source_workload_namespace: 'b' }, 'a')).toBe(true)
  expect(isOwnReport({ reporter: 'destination', destination_workload_namespace: 'a', source_workload_namespace: 'b' }, 'b')).toBe(false)
  expect(isOwnReport({ reporter: 'source', source_workload_namespace: 'b' }, 'b')).toBe(true)
  expect(isOwnReport({ reporter: 'source', source_workload_namespace: 'b' }, 'a')).toBe(false)
})

it('the store keeps the last records, newest first', () => {
  const store = createAccessStore(3)
  for (const proxy of ['1', '2', '3', '4']) store.add({ proxy, entry: http({}) })
  expect(store.last(10).map(({ proxy }) => proxy)).toEqual(['4', '3', '2'])
  expect(store.last(1).map(({ proxy }) => proxy)).toEqual(['4'])
  expect(store.received).toBe(4)
})
