import { describe, expect, it } from 'vitest'
import { responseFlagBits } from '../../src/response-flag.js'
import { createEndsResolver } from '../../src/telemetry/ends.js'
import { createIstioMetrics } from '../../src/telemetry/istio-metrics.js'
import { createMetricRegistry } from '../../src/telemetry/metric-registry.js'
import { encodePeerMetadata } from '../../src/telemetry/peer-metadata.js'
import { connection, connectionRecord, mutualTls, requestRecord, reviews, upstreamConnection } from './records.js'

const self = {
  name: 'sleep-1',
  namespace: 'default',
  workloadName: 'sleep',
  clusterId: 'Kubernetes',
  labels: { app: 'sleep', version: 'v0' },
}
const other = { ...self, name: 'web-1', workloadName: 'web', namespace: 'shop', labels: { app: 'web', version: 'v2' } }
const reviewsId = 'spiffe://cluster.local/ns/default/sa/reviews'
const webId = 'spiffe://cluster.local/ns/shop/sa/web'
const selfId = 'spiffe://cluster.local/ns/default/sa/self'

function setUp(limit?: number) {
  const registry = createMetricRegistry()
  return { registry, metrics: createIstioMetrics(registry, limit), ends: createEndsResolver(self) }
}

describe("Istio's labels", () => {
  it('are these 25 on the side of the client', () => {
    const { metrics, ends } = setUp()
    const record = requestRecord({ upstream: upstreamConnection({ tls: mutualTls(reviewsId, selfId) }) })
    expect(metrics.request(record, ends.endsOf(record))).toEqual({
      reporter: 'source',
      source_workload: 'sleep',
      source_canonical_service: 'sleep',
      source_canonical_revision: 'v0',
      source_workload_namespace: 'default',
      source_principal: selfId,
      source_app: 'sleep',
      source_version: 'v0',
      source_cluster: 'Kubernetes',
      destination_workload: 'reviews-v1',
      destination_canonical_service: 'reviews',
      destination_canonical_revision: 'v1',
      destination_workload_namespace: 'default',
      destination_principal: reviewsId,
      destination_app: 'unknown',
      destination_version: 'unknown',
      destination_cluster: 'Kubernetes',
      destination_service: 'reviews.default.svc.cluster.local',
      destination_service_name: 'reviews',
      destination_service_namespace: 'default',
      request_protocol: 'http',
      response_code: '200',
      grpc_response_status: '',
      response_flags: '-',
      connection_security_policy: 'unknown',
    })
  })

  it('name the peer that says who it is on the side of the server', () => {
    const { metrics, ends } = setUp()
    const record = requestRecord(
      { connection: connection({ trafficDirection: 'inbound', tls: mutualTls(webId) }) },
      { request: { 'x-envoy-peer-metadata': encodePeerMetadata(other) } },
    )
    expect(metrics.request(record, ends.endsOf(record))).toMatchObject({
      reporter: 'destination',
      source_workload: 'web',
      source_app: 'web',
      source_version: 'v2',
      source_workload_namespace: 'shop',
      source_principal: webId,
      destination_workload: 'sleep',
      destination_principal: selfId,
      connection_security_policy: 'mutual_tls',
    })
  })

  it('believe no header of a client without a certificate of the mesh', () => {
    const { metrics, ends } = setUp()
    const headers = { request: { 'x-envoy-peer-metadata': encodePeerMetadata(other) } }
    for (const tls of [undefined, mutualTls(undefined)]) {
      const record = requestRecord({ connection: connection({ trafficDirection: 'inbound', tls }) }, headers)
      expect(metrics.request(record, ends.endsOf(record))).toMatchObject({
        source_workload: 'unknown',
        source_principal: 'unknown',
        connection_security_policy: 'none',
      })
    }
  })

  it('believe no header of an upstream without a certificate of the mesh', () => {
    const { metrics, ends } = setUp()
    const headers = { response: { 'x-envoy-peer-metadata': encodePeerMetadata(other) } }
    const record = requestRecord({ upstream: upstreamConnection({ tls: mutualTls(undefined) }) }, headers)
    expect(metrics.request(record, ends.endsOf(record))).toMatchObject({ destination_workload: 'reviews-v1' })
  })

  it('tell a request that reached nobody', () => {
    const { metrics, ends } = setUp()
    const flags = responseFlagBits.NR
    const record = requestRecord({
      responseCode: 404,
      responseFlags: flags,
      cluster: undefined,
      clusterName: undefined,
      endpoint: undefined,
      upstream: undefined,
    })
    expect(metrics.request(record, ends.endsOf(record))).toMatchObject({
      response_code: '404',
      response_flags: 'NR',
      destination_workload: 'unknown',
      destination_service: 'unknown',
      destination_service_name: 'unknown',
    })
    const unreached = requestRecord({ responseCode: 503, upstream: undefined })
    expect(metrics.request(unreached, ends.endsOf(unreached))).toMatchObject({ destination_workload: 'reviews-v1' })
    expect(ends.endsOf(unreached)).toBe(ends.endsOf(unreached))
  })

  it.each(['PassthroughCluster', 'BlackHoleCluster', 'InboundPassthroughCluster'])('name %s as the service', (name) => {
    const { metrics, ends } = setUp()
    const record = requestRecord({ clusterName: name, cluster: { name, type: 'ORIGINAL_DST' }, endpoint: undefined })
    expect(metrics.request(record, ends.endsOf(record))).toMatchObject({ destination_service: 'unknown', destination_service_name: name })
  })

  it('tell gRPC by its status, and only the statuses there are', () => {
    const { metrics, ends } = setUp()
    const labels = (grpcStatus: string) => {
      const record = requestRecord({ grpcStatus })
      return metrics.request(record, ends.endsOf(record))
    }
    expect(labels('14')).toMatchObject({ request_protocol: 'grpc', grpc_response_status: '14' })
    expect(labels('17')).toMatchObject({ grpc_response_status: 'unknown' })
    expect(labels('x'.repeat(1000))).toMatchObject({ grpc_response_status: 'unknown' })
  })

  it('lack code and status for connections', () => {
    const { metrics, ends, registry } = setUp()
    const record = connectionRecord()
    const labels = metrics.connection(record, ends.endsOf(record))
    expect(labels).toMatchObject({ request_protocol: 'tcp', destination_service_name: 'reviews' })
    expect(Object.keys(labels)).toHaveLength(23)
    metrics.connection(record, ends.endsOf(record))
    expect(registry.render()).toMatch(/istio_tcp_received_bytes_total\{[^}]*\} 2000\n/)
    expect(registry.render()).toMatch(/istio_tcp_sent_bytes_total\{[^}]*\} 4000\n/)
    expect(registry.render()).toMatch(/istio_tcp_connections_opened_total\{[^}]*\} 2\n/)
    expect(registry.render()).toMatch(/istio_tcp_connections_closed_total\{[^}]*\} 2\n/)
  })
})

describe('the series', () => {
  it('count requests, milliseconds and bytes', () => {
    const { metrics, ends, registry } = setUp()
    for (const durationMs of [4.6, 7]) {
      const record = requestRecord({ durationMs })
      metrics.request(record, ends.endsOf(record))
    }
    const text = registry.render()
    expect(text).toMatch(/istio_requests_total\{reporter="source",[^}]*response_code="200"[^}]*\} 2\n/)
    expect(text).toMatch(/istio_request_duration_milliseconds_sum\{[^}]*\} 11.6\n/)
    expect(text).toMatch(/istio_request_bytes_sum\{[^}]*\} 24\n/)
    expect(text).toMatch(/istio_response_bytes_sum\{[^}]*\} 690\n/)
    expect(text).toMatch(/istio_request_duration_milliseconds_bucket\{[^}]*,le="5"\} 1\n/)
  })

  it('are the same ones, labels included, after a push that replaced the cluster', () => {
    const { metrics, ends, registry } = setUp()
    const labels = Array.from({ length: 100 }, () => {
      const record = requestRecord({ cluster: { ...reviews } })
      return metrics.request(record, ends.endsOf(record))
    })
    expect(new Set(labels).size).toBe(1)
    expect(registry.render().match(/^istio_requests_total/gm)).toHaveLength(1)
    expect(registry.render()).toMatch(/istio_requests_total\{[^}]*\} 100\n/)
  })

  it('differ by code, flags and side', () => {
    const { metrics, ends, registry } = setUp()
    const records = [
      requestRecord(),
      requestRecord({ responseCode: 503 }),
      requestRecord({ responseCode: 503, responseFlags: responseFlagBits.UC }),
      requestRecord({ connection: connection({ trafficDirection: 'inbound' }) }),
    ]
    for (const record of records) metrics.request(record, ends.endsOf(record))
    expect(registry.render().match(/^istio_requests_total/gm)).toHaveLength(4)
  })

  it('have a limit, above which they are counted together', () => {
    const { metrics, ends, registry } = setUp(2)
    for (const responseCode of [200, 201, 202, 203]) {
      const record = requestRecord({ responseCode })
      metrics.request(record, ends.endsOf(record))
    }
    expect(registry.render().match(/^istio_requests_total/gm)).toHaveLength(3)
    expect(registry.render()).toContain('istio_requests_total{reporter="source",overflow="true"} 2')
  })
})

describe('the ends of an exchange', () => {
  it('are one object for equal ends, on this connection and the next', () => {
    const { ends } = setUp()
    const headers = { response: { 'x-envoy-peer-metadata': encodePeerMetadata(other) } }
    const tls = mutualTls(webId, selfId)
    const upstream = upstreamConnection({ tls })
    const first = ends.endsOf(requestRecord({ upstream }, headers))
    expect(ends.endsOf(requestRecord({ upstream }, headers))).toBe(first)
    expect(ends.endsOf(requestRecord({ upstream: upstreamConnection({ tls }) }, headers))).toBe(first)
    expect(first.destination.workload).toBe('web')
  })

  it('stay known when a later message lacks the header, and change with it', () => {
    const { ends } = setUp()
    const upstream = upstreamConnection({ tls: mutualTls(webId, selfId) })
    const said = (workloadName: string) =>
      requestRecord({ upstream }, { response: { 'x-envoy-peer-metadata': encodePeerMetadata({ ...other, workloadName }) } })
    expect(ends.endsOf(requestRecord({ upstream })).destination.workload).toBe('reviews-v1')
    expect(ends.endsOf(said('web')).destination.workload).toBe('web')
    expect(ends.endsOf(requestRecord({ upstream })).destination.workload).toBe('web')
    expect(ends.endsOf(said('api')).destination.workload).toBe('api')
  })
})
