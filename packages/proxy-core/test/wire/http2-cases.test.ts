/**
 * The rows of HTTP/2 (`H...`) of the shared list, by id: frames on a real socket and what must become of them, whole, byte by
 * byte, cut at every frame and within its head, cut by chance, and over TLS. Rows that need a clock, an upstream or a client
 * of their own name the tests that hold them; H19 runs here and, for its memory, in `http2-memory.test.ts`.
 */
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join, resolve } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { createSeededRandom } from '@heddle/base/testing'
import { createTestCa } from '@heddle/ca/testing'
import { playSteps, type ProcessWatch, watchProcess, type WireStep } from '@heddle/testing'
import type { Listener } from '@heddle/routing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  action,
  anyRoute,
  config,
  httpListener,
  manager,
  rawUpstream,
  startProxy,
  staticCluster,
  type TestProxy,
} from '../integration/harness.js'
import { frame, preface, RawHttp2 } from '../integration/http2-peers.js'
import { certificate, secretsOf } from '../integration/secrets.js'
import { type Http2Row, http2Rows, sentUpstream, wholeRequest } from './http2-rows.js'

/** How the bytes of a row are cut into writes. */
type Manner = 'whole' | 'bytes' | 'borders' | 'chance'

/** Rows that other tests hold, by file and name. */
const elsewhere: Readonly<Record<string, readonly (readonly [file: string, name: string])[]>> = {
  H2: [['limits/http2-floods', 'limit resetsPerSecond']],
  H11: [['limits/http2-deadlines', 'limit headDeadlineMs: a header block that does not end']],
  H13: [['integration/http2-wire', 'PING whose answers are not read']],
  H26: [['integration/http2-wire', 'an answer that nobody takes ends']],
  H27: [['limits/http2-deadlines', 'limit minMovedBytes']],
  H29: [['integration/http2-wire', 'streams above what was offered are refused']],
  H30: [['integration/http2-wire', 'SETTINGS that are not acknowledged end the connection']],
  H31: [['limits/http2-deadlines', 'limit keepAliveMs: a connection without streams']],
  H32: [['integration/http2-wire', 'a preface that does not end']],
  H36: [['integration/http2-wire', 'GOAWAY of a client lets its streams end']],
  H38: [['wire/http2-memory', 'H38: an entry of the table that 300 streams refer to']],
  H48: [
    ['limits/http2-frames', 'limit ownTableSize: fields beyond it push the oldest out'],
    ['wire/http2-memory', 'H48: a block of literals that all enter the table'],
  ],
  H49: [['integration/http2-wire', 'what was marked as never to be indexed stays so']],
  H61: [['integration/http2-wire', 'a preface that goes wrong is answered as HTTP/1.1']],
  H92: [['integration/http2-wire', 'an upgrade that an HTTP/1.1 upstream answers with 200 opens no tunnel']],
  H93: [['integration/http2', 'streams that a GOAWAY leaves out are sent elsewhere, the others end']],
  H94: [['integration/http2-upstream-wire', 'an upstream that goes away and then takes no streams']],
  H95: [['integration/http2-upstream-wire', 'behind the head cuts the answer']],
  H96: [
    ['integration/http2-upstream-wire', "['a push'"],
    ['integration/http2-upstream-wire', "['a status twice'"],
    ['integration/http2-upstream-wire', "['101'"],
    ['integration/http2-upstream-wire', "['interim answers without end'"],
    ['integration/http2-upstream-wire', 'a body that the upstream does not take waits'],
    ['wire/http2-memory', 'H96: an upstream of HTTP/2'],
  ],
}

interface Target {
  readonly front: TestProxy
  connect(): Socket
}

const within = { interval: 2, timeout: 10_000 }
const targets = new Map<'clear' | 'edge' | 'tls', Target>()
let watch: ProcessWatch
let upstream: Awaited<ReturnType<typeof rawUpstream>>
let received = ''

beforeAll(async () => {
  watch = watchProcess()
  upstream = await rawUpstream((socket) => {
    let text = ''
    socket.on('error', () => {})
    socket.on('data', (data) => {
      const bytes = data.toString('latin1')
      received += bytes
      const isNew = text === ''
      text = `${text}${bytes}`.slice(-65_536)
      const isWhole = /transfer-encoding: chunked/i.test(text) || !isNew ? text.endsWith('0\r\n\r\n') : text.endsWith('\r\n\r\n')
      if (!isWhole || text.includes('/never')) return
      text = ''
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi')
    })
  })
  const clusters = [staticCluster('u', [upstream.port])]
  const routes = [anyRoute(action('u'))]
  for (const [name, useRemoteAddress] of [
    ['clear', false],
    ['edge', true],
  ] as const) {
    const front = await startProxy(config(httpListener(routes, { useRemoteAddress }), clusters))
    targets.set(name, { front, connect: () => connect({ port: front.port, host: '127.0.0.1', noDelay: true }) })
  }
  const common = { certificates: [{ name: 'default', source: 'agent' }], alpnProtocols: ['h2'] } as const
  const overTls: Listener = {
    ...httpListener([]),
    filterChains: [
      {
        tls: { common, requireClientCertificate: false },
        filters: [{ kind: 'http-connection-manager', manager: manager(routes, { useRemoteAddress: true }) }],
      },
    ],
  }
  const secrets = secretsOf(certificate(createTestCa().issue('spiffe://cluster.local/ns/default/sa/server')))
  const tls = await startProxy(config(overTls, clusters), { secrets })
  const secure = { host: '127.0.0.1', ALPNProtocols: ['h2'], rejectUnauthorized: false }
  targets.set('tls', { front: tls, connect: () => connectTls({ ...secure, port: tls.port }).setNoDelay() })
})
afterAll(async () => {
  for (const { front } of targets.values()) await front.close()
  upstream.close()
  expect(await watch.end()).toEqual([])
})

function outcomeOf(client: RawHttp2): string {
  const outcome = client.outcome(0).startsWith('GOAWAY') ? client.outcome(0) : client.outcome(1)
  if (outcome !== 'END') return outcome
  const head = client.frames.find(({ type, streamId }) => type === 1 && streamId === 1)
  return head?.payload[0] === 0x88 ? 'END' : head?.payload[0] === 0x8c || head?.payload.includes('400') ? 'REFUSED 400' : 'REFUSED'
}

async function isServed(target: Target): Promise<void> {
  const canary = new RawHttp2(target.connect())
  canary.begin(wholeRequest(1))
  await expect.poll(() => canary.outcome(), within).toBe('END')
  canary.close()
}

/** The upstream has read all that was sent to it: what comes behind it is answered. */
async function upstreamSettled(): Promise<void> {
  const probe = connect({ port: upstream.port, host: '127.0.0.1' })
  probe.write('GET /settled HTTP/1.1\r\n\r\n')
  await once(probe, 'data')
  probe.destroy()
}

/** Places at which the writes end: of the frames behind the preface, or of all bytes. */
function placesOf(bytes: Buffer, manner: Manner): readonly number[] {
  if (manner === 'bytes') return Array.from({ length: bytes.length - 1 }, (_, at) => at + 1)
  if (manner === 'chance') {
    const random = createSeededRandom(bytes.length)
    return Array.from({ length: 100 }, () => 1 + Math.floor(random.next() * (bytes.length - 1))).toSorted((one, other) => one - other)
  }
  const places: number[] = []
  for (let at = preface.length; manner === 'borders' && at + 9 <= bytes.length; at += 9 + bytes.readUIntBE(at, 3)) places.push(at, at + 4)
  return places
}

function piecesOf(bytes: Buffer, manner: Manner): readonly Buffer[] {
  const places = [0, ...placesOf(bytes, manner), bytes.length]
  return places
    .slice(1)
    .map((end, index) => bytes.subarray(places[index], end))
    .filter(({ length }) => length > 0)
}

/** Long rows are cut by chance only. */
const allows = (manner: Manner, { length }: Buffer): boolean => manner === 'whole' || manner === 'chance' || length < 2000

/** The writes of a row, in the manners that it allows; made once, so that their making is not taken for the proxy's time. */
type Writes = ReadonlyMap<Manner, readonly WireStep[]>
const writes = new Map<Http2Row, Writes>(
  http2Rows.map((row) => {
    const bytes = Buffer.concat([Buffer.from(preface), frame(4, 0, 0), row.frames()])
    const manners = (['whole', 'bytes', 'borders', 'chance'] as const).filter((manner) => allows(manner, bytes))
    const stepsIn = (manner: Manner): readonly WireStep[] =>
      piecesOf(bytes, manner).map((piece) => ({ kind: 'send', bytes: piece.toString('latin1') }))
    return [row, new Map(manners.map((manner) => [manner, stepsIn(manner)]))]
  }),
)

async function play(target: Target, row: Http2Row, manner: Manner): Promise<void> {
  const { id, want, reachesUpstream } = row
  const steps = writes.get(row)?.get(manner)
  if (steps === undefined) return
  received = ''
  target.front.requests.length = 0
  const client = new RawHttp2(target.connect())
  playSteps(client.socket, steps)
  await expect.poll(() => outcomeOf(client), { ...within, message: `${id}, ${manner}` }).toMatch(want)
  if (reachesUpstream !== true) expect(received, `${id}, ${manner}`).toBe('')
  expect(received, `${id}, ${manner}`).toMatch(sentUpstream[id] ?? /^/)
  if (outcomeOf(client).startsWith('GOAWAY')) await expect.poll(() => client.ended, within).toBe(true)
  else if (!want.source.includes('GOAWAY')) {
    // What ends a stream leaves the others alone.
    client.write(wholeRequest(0x7fff_fff1))
    await expect.poll(() => client.outcome(0x7fff_fff1), { ...within, message: `${id}, ${manner}: the next stream` }).toBe('END')
  }
  client.close()
  await expect.poll(() => target.front.proxy.stats().clusters[0]?.activeRequests, within).toBe(0)
  await upstreamSettled()
  // 100 may be reset at once, and 33 a second: no more than another 100 are begun.
  if (target === targets.get('edge') && row.isAtEdge === true) expect(target.front.requests.length).toBeLessThanOrEqual(200)
}

describe.each(http2Rows)('$id: $title', (row) => {
  test(`is ${row.want.source}, however it is cut, and others are served`, async () => {
    const target = targets.get(row.isAtEdge === true ? 'edge' : 'clear') as Target
    for (const manner of ['whole', 'bytes', 'borders', 'chance'] as const) await play(target, row, manner)
    await isServed(target)
  })
})

test('every row comes out the same over TLS', async () => {
  const target = targets.get('tls') as Target
  for (const row of http2Rows) for (const manner of ['whole', 'borders', 'chance'] as const) await play(target, row, manner)
  await isServed(target)
}, 120_000)

test('rows that other tests hold are held there', () => {
  const missing = Object.entries(elsewhere).flatMap(([id, held]) =>
    held
      .filter(([file, name]) => !readFileSync(join(import.meta.dirname, '..', `${file}.test.ts`), 'utf8').includes(name))
      .map((one) => `${id}: ${one.join(' ')}`),
  )
  expect(missing).toEqual([])
})

const shared = resolve(import.meta.dirname, '../../../../../shared/reference/wire-cases.md')
test.skipIf(!existsSync(shared))('every row of the shared list has its tests', () => {
  const ids = [...readFileSync(shared, 'utf8').matchAll(/^\| \**(H\d+)\** \|/gm)].map(([, id]) => id as string)
  const known = new Set([...http2Rows.map(({ id }) => id), ...Object.keys(elsewhere)])
  expect(ids.filter((id) => !known.has(id))).toEqual([])
  expect(ids.length).toBeGreaterThan(60)
})
