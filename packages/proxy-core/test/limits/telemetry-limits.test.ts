/** What is kept of peers, their names and their words: each limit exactly reached and passed by one. */
import { createFakeClock } from '@heddle/base/testing'
import { expect, test } from 'vitest'
import { fieldNameOf, repeatedField } from '../../src/message/header-field.js'
import { createAccessLogWriter } from '../../src/telemetry/access-log-writer.js'
import { createIstioMetrics, type IstioMetrics } from '../../src/telemetry/istio-metrics.js'
import { createMetricRegistry, type MetricRegistry } from '../../src/telemetry/metric-registry.js'
import { createPeerTable, type Peer, peerOfPrincipal } from '../../src/telemetry/peer.js'
import { decodePeerMetadata } from '../../src/telemetry/peer-metadata.js'
import { decodeStruct, encodeStruct, type TextStruct } from '../../src/telemetry/struct-codec.js'
import { requestRecord } from '../telemetry/records.js'

const peer = (at: number): Peer => peerOfPrincipal(`spiffe://cluster.local/ns/n/sa/${at}`)

test('limit maxPeers: so many are told apart, and those go on being', () => {
  const table = createPeerTable()
  const last = peer(9999)
  for (let at = 0; at < 9999; at++) table.intern(peer(at))
  expect(table.intern(last)).toBe(last)
  expect(table.intern(peer(10_000)).principal).toBe('unknown')
  expect(table.intern(peer(9999))).toBe(last)
})

const asking = (metrics: IstioMetrics) => (source: Peer) =>
  metrics.request(requestRecord(), { reporter: 'source', source, destination: source, isMutualTls: true })
const overflowOf = (registry: MetricRegistry): string | undefined =>
  /^istio_requests_total\{reporter="source",overflow="true"\} (\d+)$/m.exec(registry.render())?.[1]

test('limit maxSeries: so many label sets, and what is beyond is counted together', () => {
  const registry = createMetricRegistry()
  const metrics = createIstioMetrics(registry)
  const ask = asking(metrics)
  for (let at = 0; at < 5000; at++) ask(peer(at))
  expect(overflowOf(registry)).toBeUndefined()
  ask(peer(5000))
  expect(overflowOf(registry)).toBe('1')
})

test('limit maxLabelText: and so much text in them, so that the page can be made', () => {
  const registry = createMetricRegistry()
  const ask = asking(createIstioMetrics(registry))
  const wordy = (at: number): Peer => ({ ...peer(at), workload: 'w'.repeat(253), app: 'a'.repeat(253), version: 'v'.repeat(253) })
  const bytes = (): number =>
    [...registry.render().matchAll(/^istio_requests_total\{([^}]*)\}/gm)].reduce((sum, one) => sum + (one[1]?.length ?? 0), 0)
  ask(wordy(1000))
  const each = bytes()
  const fitting = Math.floor(5_242_880 / each)
  for (let at = 1; at < fitting; at++) ask(wordy(1000 + at))
  expect(overflowOf(registry)).toBeUndefined()
  ask(wordy(9999))
  expect(overflowOf(registry)).toBe('1')
})

const metadata = (struct: TextStruct): string => encodeStruct(struct).toString('base64')

test('limit maxHeaderLength: a header of peer metadata', () => {
  const sized = (filler: number): string => metadata({ WORKLOAD_NAME: 'reviews', filler: 'x'.repeat(filler) })
  const most = sized(12_288 - Buffer.from(sized(8000), 'base64').length + 8000)
  expect(most).toHaveLength(16_384)
  expect(decodePeerMetadata(most, 'unknown')?.workload).toBe('reviews')
  expect(decodePeerMetadata(`${most} `, 'unknown')).toBeUndefined()
})

test('limit maxTextLength: a name in it', () => {
  const named = (length: number): string => metadata({ WORKLOAD_NAME: 'w'.repeat(length) })
  expect(decodePeerMetadata(named(253), 'unknown')?.workload).toHaveLength(253)
  expect(decodePeerMetadata(named(254), 'unknown')).toBeUndefined()
})

test('limit maxDepth: levels of nesting in it', () => {
  const nested = (levels: number): TextStruct => (levels === 0 ? { deep: 'yes' } : { in: nested(levels - 1) })
  const bottomOf = (struct: TextStruct | undefined): string | undefined => {
    const inner = struct?.['in']
    return typeof inner === 'object' ? bottomOf(inner) : (struct?.['deep'] as string | undefined)
  }
  expect(bottomOf(decodeStruct(encodeStruct(nested(8))))).toBe('yes')
  expect(bottomOf(decodeStruct(encodeStruct(nested(9))))).toBeUndefined()
})

/** A log of 1 KiB lines. */
function log(takes: boolean) {
  const writes: number[] = []
  const sink = {
    write: (bytes: Buffer): number => {
      if (!takes) throw Object.assign(new Error('full'), { code: 'EAGAIN' })
      return (void writes.push(bytes.length), bytes.length)
    },
    close: () => {},
  }
  const writer = createAccessLogWriter({ path: 'log' }, createFakeClock(), sink)
  const put = (): boolean => {
    const line = writer.beginLine()
    line?.text('x'.repeat(1024))
    if (line !== undefined) writer.endLine()
    return line !== undefined
  }
  return { writes, put }
}

test('limit batchBytes: so many bytes of log lines are written at once', () => {
  const { writes, put } = log(true)
  for (let at = 0; at < 63; at++) put()
  expect(writes).toEqual([])
  put()
  expect(writes).toEqual([65_536])
})

test('limit limitBytes: so many wait for a file that takes none, and later lines are lost', () => {
  const { put } = log(false)
  for (let at = 0; at < 8192; at++) expect(put()).toBe(true)
  expect(put()).toBe(false)
})

test('limit maxFieldLength: a field that comes again is one object, unless it is longer', () => {
  const again = (value: string): unknown => [repeatedField(fieldNameOf('x-once'), value), repeatedField(fieldNameOf('x-once'), value)][1]
  expect(again('v'.repeat(256))).toBeDefined()
  expect(again('v'.repeat(257))).toBeUndefined()
})

test('limit maxKnownNames: so many names are one object each; those beyond are made again, and long ones always', () => {
  const isKnown = (name: string): boolean => fieldNameOf(name) === fieldNameOf(name)
  expect([isKnown('l'.repeat(64)), isKnown('l'.repeat(65))]).toEqual([true, false])
  let known = 0
  while (isKnown(`x-${known}`)) known++
  // The engine's own are among them.
  expect(known).toBeGreaterThan(1900)
  expect(known).toBeLessThan(2048)
})
