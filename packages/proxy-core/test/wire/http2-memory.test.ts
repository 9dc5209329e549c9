/**
 * What one connection of HTTP/2 makes the proxy hold, and the time that it takes, where few bytes can cost many: rows of the
 * shared list that a code alone does not settle. Memory is that of this process after garbage collection.
 */
import { createServer } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { HpackDecoder } from '../../src/codec/http2/hpack/decoder.js'
import { HeadReader } from '../../src/codec/http2/head-reader.js'
import { meshLimits } from '../../src/connection/limits.js'
import { action, anyRoute, config, httpListener, listen, startProxy, staticCluster } from '../integration/harness.js'
import { many, oddId } from '../integration/http2-bytes.js'
import { block, frame, get, RawHttp2, rawHttp2Upstream } from '../integration/http2-peers.js'
import { keepOpen } from '../keep-open.js'

const keep = keepOpen()
const mebi = 1024 * 1024
const within = { interval: 5, timeout: 20_000 }

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void
function heldBytes(): number {
  for (let round = 0; round < 4; round++) collectGarbage()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

const upload = (streamId: number): Buffer => frame(1, 4, streamId, block([[':method', 'POST'], ...get('/').slice(1)]))
/** One entry of 4 KB, which every later block may refer to with a byte. */
const entry = Buffer.concat([Buffer.from('4001787fa11e', 'hex'), Buffer.alloc(4000, 'y')])
const referring = (streamId: number, times: number): Buffer =>
  frame(1, 5, streamId, Buffer.concat([block(get()), Buffer.alloc(times, 0xbe)]))

/** A proxy before an upstream, and a client that has not begun. */
async function open(port: number, protocol: 'http1' | 'http2') {
  const cluster = staticCluster('u', [port], { http: { protocol } })
  const front = keep(await startProxy(config(httpListener([anyRoute(action('u'))]), [cluster])))
  const client = keep(new RawHttp2(front.port))
  const resets = (): readonly number[] => client.frames.filter(({ type }) => type === 3).map(({ payload }) => payload.readUInt32BE(0))
  /** All that was written before has been read. */
  const settled = async (): Promise<void> => {
    const pongs = (): number => client.frames.filter(({ type, flags }) => type === 6 && flags === 1).length
    const before = pongs()
    client.write(frame(6, 0, 0, Buffer.alloc(8)))
    await expect.poll(() => client.ended || pongs() > before, within).toBe(true)
  }
  return { front, client, resets, settled }
}

/** The same before an upstream that answers nothing, and which takes what is sent to it or does not. */
async function stage(protocol: 'http1' | 'http2', reads: boolean) {
  const silent = keep(
    protocol === 'http2'
      ? await rawHttp2Upstream(() => {})
      : await listen(createServer((socket) => void (reads ? socket.resume() : socket.pause()))),
  )
  return open(silent.port, protocol)
}

describe('H38: an entry of the table that 300 streams refer to', () => {
  test('beyond what a head may have, holds less than 1 MiB', async () => {
    const { client, resets, settled, front } = await stage('http1', true)
    client.begin(frame(1, 5, 1, Buffer.concat([block(get()), entry])))
    await settled()
    const before = heldBytes()
    client.write(many(300, (at) => referring(oddId(at + 1), 95)))
    await settled()
    expect(resets()).toEqual(Array(300).fill(11))
    expect(front.proxy.stats().clusters[0]?.activeRequests).toBe(1)
    expect(heldBytes() - before).toBeLessThan(mebi)
  })

  test.each(['http1', 'http2'] as const)('within it, holds no more than the limit of open heads where %s is spoken', async (protocol) => {
    const { client, resets, settled, front } = await stage(protocol, false)
    client.begin(frame(1, 5, 1, Buffer.concat([block(get()), entry])))
    await settled()
    const before = heldBytes()
    client.write(many(300, (at) => referring(oddId(at + 1), 14)))
    await settled()
    const { length } = resets()
    expect(resets()).toEqual(Array(length).fill(7))
    expect(length).toBeGreaterThan(200)
    expect(front.proxy.stats().clusters[0]?.activeRequests).toBe(301 - length)
    expect(heldBytes() - before).toBeLessThan(16 * mebi)
  })
})

describe('H19: a body of 100,000 DATA frames of one byte', () => {
  test.each([
    ['that reads', true],
    ['that does not read', false],
  ])('is passed to an upstream %s, or ends the connection, and memory stays', async (_, reads) => {
    const { client, settled } = await stage('http1', reads)
    client.begin()
    await settled()
    const before = heldBytes()
    client.write(
      upload(1),
      many(100_000, () => frame(0, 0, 1, 'x')),
    )
    await settled()
    expect(client.outcome(0)).toMatch(/^(GOAWAY 11)?$/)
    expect(heldBytes() - before).toBeLessThan(4 * mebi)
  })
})

describe('H48: a block of literals that all enter the table', () => {
  /** CPU time of reading a block some times over, the least of some tries: what else the machine does is not in it. */
  const costMs = (bytes: Buffer): number => {
    const decoder = new HpackDecoder()
    const head = new HeadReader(meshLimits.head)
    const once = (): number => {
      const start = process.cpuUsage()
      for (let round = 0; round < 10; round++) {
        head.begin('request', undefined)
        expect(decoder.decode(bytes, 0, bytes.length, head)).toBe(true)
      }
      const { user, system } = process.cpuUsage(start)
      return (user + system) / 1000
    }
    return Math.min(...Array.from({ length: 7 }, once))
  }
  const literals = (first: number, valueBytes: number): Buffer => {
    const one = block([['x', 'y'.repeat(valueBytes)]])
    one[0] = first
    return Buffer.concat(Array<Buffer>(Math.floor(65_536 / one.length)).fill(one))
  }

  test.each([
    ['large', 4000],
    ['small', 1],
  ])('%s ones cost no more than a few times what they cost outside of it', (_, valueBytes) => {
    expect(costMs(literals(0x40, valueBytes))).toBeLessThan(20 * costMs(literals(0x00, valueBytes)) + 20)
  })
})

describe('H96: an upstream of HTTP/2', () => {
  async function behind(onHeaders: Parameters<typeof rawHttp2Upstream>[0]) {
    const upstream = keep(await rawHttp2Upstream(onHeaders))
    return open(upstream.port, 'http2')
  }
  /** Bytes that the client may send altogether, of all frames that have come. */
  const windowOf = (client: RawHttp2, streamId: number): number =>
    client.frames.reduce(
      (sum, { type, streamId: id, payload }) => (type === 8 && id === streamId ? sum + payload.readUInt32BE(0) : sum),
      streamId === 0 ? 65_535 : meshLimits.http2.streamWindow,
    )

  test('that answers with an entry of the table again and again is a 502, a hundred times, and memory stays', async () => {
    const bomb = (isFirst: boolean): Buffer => Buffer.concat([Buffer.from([0x88]), ...(isFirst ? [entry] : []), Buffer.alloc(95, 0xbe)])
    let answers = 0
    const { client, front } = await behind((write, streamId) => write(frame(1, 5, streamId, bomb(answers++ === 0))))
    client.begin()
    const before = heldBytes()
    for (let at = 0; at < 100; at++) {
      client.write(frame(1, 5, oddId(at), block(get())))
      await expect.poll(() => client.outcome(oddId(at)), within).toBe('END')
    }
    expect(new Set(front.requests.map(({ status }) => status))).toEqual(new Set([502]))
    expect(heldBytes() - before).toBeLessThan(mebi)
  })

  test('that opens no window holds back a hundred bodies, and what is held is bounded', async () => {
    let requests = 0
    const { client, settled } = await behind(() => requests++)
    const streams = Array.from({ length: 100 }, (_, at) => oddId(at))
    client.begin(...streams.map(upload))
    await expect.poll(() => requests, within).toBe(100)
    const before = heldBytes()
    const sent = new Map<number, number>()
    const left = (id: number): number => windowOf(client, id) - (sent.get(id) ?? 0)
    // All that the windows let through, until they stay shut.
    for (let more = true; more;) {
      more = false
      for (const id of streams) {
        while (left(id) >= 16_384 && left(0) >= 16_384) {
          client.write(frame(0, 0, id, Buffer.alloc(16_384)))
          for (const one of [0, id]) sent.set(one, (sent.get(one) ?? 0) + 16_384)
          more = true
        }
      }
      await settled()
    }
    expect(client.outcome(0)).toBe('')
    // The connection's window, 8 MiB of paused streams so that others go on, and of each stream one read before it is paused.
    expect(sent.get(0)).toBeLessThan(24 * mebi)
    expect(heldBytes() - before).toBeLessThan(24 * mebi)
  })
})
