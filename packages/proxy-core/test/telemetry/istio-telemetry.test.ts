import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AccessLog, Cluster, HttpConnectionManager } from '@heddle/routing'
import { createFakeClock, createMemoryLogger, createSeededRandom } from '@heddle/base/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { responseFlagBits } from '../../src/response-flag.js'
import { createIstioTelemetry, type IstioTelemetryOptions } from '../../src/telemetry/istio-telemetry.js'
import { connection, connectionRecord, headerEdits, mutualTls, requestRecord, reviews } from './records.js'

const workload = { name: 'sleep-1', namespace: 'default', workloadName: 'sleep', clusterId: 'Kubernetes', labels: {} }
const webId = 'spiffe://cluster.local/ns/shop/sa/web'
const meshCluster: Cluster = {
  ...reviews,
  transportSocketMatches: [
    { name: 'tlsMode-istio', match: { tlsMode: 'istio' }, transportSocket: { kind: 'tls', tls: { common: { alpnProtocols: ['istio'] } } } },
    { name: 'tlsMode-disabled', match: {}, transportSocket: { kind: 'raw-buffer' } },
  ],
}
const tracedManager: HttpConnectionManager = {
  ...requestRecord().manager,
  tracing: { clientSampling: 100, randomSampling: 100, overallSampling: 100, customTags: [] },
}

function setUp(more: Partial<IstioTelemetryOptions> = {}) {
  const clock = createFakeClock()
  const logger = createMemoryLogger()
  const telemetry = createIstioTelemetry({ workload, nodeId: 'sidecar~1', ...more }, { clock, logger, random: createSeededRandom(1) })
  return { clock, logger, telemetry }
}

describe('peer metadata', () => {
  it('goes with requests into the mesh', () => {
    const headers = headerEdits()
    setUp().telemetry.onRequest?.(requestRecord({ cluster: meshCluster }), headers)
    expect(headers.get('x-envoy-peer-metadata-id')).toBe('sidecar~1')
    expect(headers.get('x-envoy-peer-metadata')).toBeDefined()
  })

  it.each([
    ['a cluster without mutual TLS', requestRecord()],
    [
      'a foreign TLS service',
      requestRecord({
        cluster: { ...reviews, transportSocket: { kind: 'tls', tls: { common: { alpnProtocols: ['h2', 'http/1.1'] } } } },
      }),
    ],
    ['the app itself', requestRecord({ cluster: meshCluster, connection: connection({ trafficDirection: 'inbound' }) })],
  ])('does not go to %s', (_, record) => {
    const headers = headerEdits()
    setUp().telemetry.onRequest?.(record, headers)
    expect(headers.get('x-envoy-peer-metadata')).toBeUndefined()
  })

  it('is answered to a peer of the mesh that gave its own, and to nobody else', () => {
    const answered = (tls: ReturnType<typeof mutualTls> | undefined, request: Record<string, string>): boolean => {
      const headers = headerEdits()
      setUp().telemetry.onResponse?.(requestRecord({ connection: connection({ trafficDirection: 'inbound', tls }) }, { request }), headers)
      return headers.get('x-envoy-peer-metadata') !== undefined
    }
    const said = { 'x-envoy-peer-metadata': 'x' }
    expect(answered(mutualTls(webId), said)).toBe(true)
    expect(answered(mutualTls(webId), {})).toBe(false)
    expect(answered(mutualTls(undefined), said)).toBe(false)
    expect(answered(undefined, said)).toBe(false)
  })
})

describe('trace headers', () => {
  it('are touched only where tracing is configured', () => {
    const { telemetry } = setUp()
    const headers = headerEdits()
    telemetry.onRequest?.(requestRecord(), headers)
    expect(headers.all.size).toBe(0)
    telemetry.onRequest?.(requestRecord({ manager: tracedManager }), headers)
    expect(headers.get('traceparent')).toMatch(/-01$/)
  })
})

describe('records', () => {
  it('come with their labels, one object per series', () => {
    const seen: Readonly<Record<string, string>>[] = []
    const { telemetry } = setUp({ onRecord: (_, labels) => seen.push(labels) })
    telemetry.onRequestComplete(requestRecord())
    telemetry.onRequestComplete(requestRecord())
    telemetry.onConnectionComplete(connectionRecord())
    telemetry.onConnectionComplete(connectionRecord({ clusterName: undefined, cluster: undefined, responseFlags: responseFlagBits.NR }))
    expect(seen.map((labels) => labels['request_protocol'])).toEqual(['http', 'http', 'tcp', 'tcp'])
    expect(seen[0]).toBe(seen[1])
    expect(seen[3]).toMatchObject({ response_flags: 'NR', destination_service: 'unknown' })
    expect(telemetry.registry.render()).toMatch(/istio_tcp_connections_opened_total\{[^}]*\} 1\n/)
  })
})

describe('access logs', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'heddle-telemetry-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const fileLog = (path: string, text: string, more: Partial<AccessLog> = {}): AccessLog => ({
    sink: { kind: 'file', path, format: { kind: 'text', text } },
    ...more,
  })

  it('are written to their file, several to one as well', () => {
    const path = join(folder, 'a.log')
    const { telemetry, clock } = setUp()
    const accessLog = [fileLog(path, '%RESPONSE_CODE%\n'), fileLog(path, '%REQ(:METHOD)%\n')]
    telemetry.onRequestComplete(requestRecord({ accessLog }))
    clock.advance(1000)
    expect(readFileSync(path, 'utf8')).toBe('200\nGET\n')
    telemetry.onRequestComplete(requestRecord({ accessLog }))
    telemetry.close()
    expect(readFileSync(path, 'utf8')).toBe('200\nGET\n200\nGET\n')
  })

  it('may be limited to response flags', () => {
    const path = join(folder, 'a.log')
    const { telemetry } = setUp()
    const accessLog = [
      fileLog(path, '%RESPONSE_FLAGS%\n', { responseFlags: ['NR', 'UF'] }),
      fileLog(path, 'never\n', { responseFlags: ['XX'] }),
    ]
    for (const responseFlags of [0, responseFlagBits.UF | responseFlagBits.URX, responseFlagBits.DC])
      telemetry.onRequestComplete(requestRecord({ accessLog, responseFlags }))
    telemetry.flush()
    expect(readFileSync(path, 'utf8')).toBe('UF,URX\n')
    telemetry.close()
  })

  it('that cannot be written are told once and do not stop the others', () => {
    const path = join(folder, 'a.log')
    const { telemetry, logger } = setUp()
    const accessLog: AccessLog[] = [
      fileLog(join(folder, 'no', 'folder'), 'x'),
      fileLog(path, '%NOT_THERE%'),
      { sink: { kind: 'grpc', logName: 'als', cluster: 'c' } },
      fileLog(path, 'ok\n'),
    ]
    telemetry.onRequestComplete(requestRecord({ accessLog }))
    telemetry.onRequestComplete(requestRecord({ accessLog }))
    telemetry.close()
    expect(readFileSync(path, 'utf8')).toBe('ok\nok\n')
    expect(logger.records.map(({ message }) => message)).toEqual(['an access log cannot be written', 'an access log cannot be written'])
  })
})
