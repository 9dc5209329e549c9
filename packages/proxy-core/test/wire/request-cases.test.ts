/**
 * Every row of the request lists through a real proxy: as written, byte by byte, cut at every line end and colon, behind
 * a sound request, with a sound request right behind, at an edge, and over TLS.
 */
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '@heddle/base/node'
import { createTestCa } from '@heddle/ca/testing'
import {
  decodeWireBytes,
  fieldsOf,
  readRequestExpectation,
  type RequestCase,
  runRequestCase,
  type ProcessWatch,
  startStrictUpstream,
  type StrictUpstream,
  watchProcess,
  type WireCase,
  type WireManner,
  type WireTarget,
} from '@heddle/testing'
import {
  action,
  anyRoute,
  config,
  exchange,
  httpListener,
  manager,
  startProxy,
  staticCluster,
  type TestProxy,
} from '../integration/harness.js'
import { certificate, secretsOf } from '../integration/secrets.js'
import { requestCases, sharedCases } from './case-list.js'

type Check = NonNullable<RequestCase['check']>

/** What upstream saw of the field in its first request. */
const upstreamField =
  (name: string, wanted: (values: readonly string[]) => boolean): Check =>
  ({ record }) =>
    record.requests.every((request) => wanted(fieldsOf(request, name)) || request.target !== '/')
      ? []
      : [`${name} came as ${JSON.stringify(record.requests.map((request) => fieldsOf(request, name)))}`]

const trailersDropped: Check = ({ record }) =>
  record.requests.every(({ trailers }) => trailers.length === 0) ? [] : ['a trailer was passed on']
const oneContinue: Check = ({ outcome }) => (outcome.interim.join() === '100' ? [] : [`interim answers ${outcome.interim.join()}`])

/** What the prose of a row asks for beside its codes. */
const checks: Readonly<Record<string, Check>> = {
  '44': upstreamField('transfer_encoding', (values) => values.length === 0),
  '75': upstreamField('content-length', (values) => values.join() === '10'),
  '138': trailersDropped,
  '139': trailersDropped,
  '141': trailersDropped,
  '171': ({ outcome }) => {
    const answer = outcome.answers.find(({ body }) => body === '/ ')
    if (answer === undefined) return []
    return fieldsOf(answer, 'connection').length === 1 && answer.framing === 'length' ? [] : ['neither keep-alive nor close, or chunked']
  },
  '198': upstreamField('host', (values) => values.join() === 'a'),
  '265': upstreamField('host', (values) => values.join() === 'a'),
  '247': upstreamField('__proto__', (values) => values.join() === 'x'),
  '248': upstreamField('hasownproperty', (values) => values.join() === 'y'),
  '249': upstreamField('__proto__', (values) => values.join() === 'x,y'),
  '251': upstreamField('x-a', (values) => values.length === 2),
  '295': oneContinue,
  '306': upstreamField('upgrade', (values) => values.length === 0),
  '310': upstreamField('upgrade', (values) => values.length === 0),
  '322': upstreamField('authorization', (values) => values.join() === 'b'),
  '325': upstreamField('te', (values) => values.length === 0 || values.join() === 'trailers'),
}

/** Wants in prose, in the words that are read. */
const wants: Readonly<Record<string, string>> = { '309': '400 or ok hello' }

let watch: ProcessWatch
let upstream: StrictUpstream
const open: TestProxy[] = []
const targets = new Map<string, WireTarget>()

beforeAll(async () => {
  watch = watchProcess()
  upstream = await startStrictUpstream()
  const more = { upgradeTypes: ['websocket'] }
  const clusters = [staticCluster('u', [upstream.port])]
  const route = anyRoute(action('u'))
  const identity = createTestCa().issue('spiffe://cluster.local/ns/default/sa/server', { dnsNames: ['a'] })
  const serve = async (
    name: string,
    listener: Parameters<typeof config>[0],
    dial: (port: number) => Socket,
    deps = {},
    towards = clusters,
  ): Promise<void> => {
    const front = await startProxy(config(listener, towards), deps)
    open.push(front)
    let forwarded = 0
    const count = (): number => {
      for (const { upstreamHost, status } of front.requests.splice(0)) if (upstreamHost !== undefined && status === 200) forwarded++
      return forwarded
    }
    targets.set(name, { connect: () => dial(front.port), upstream, settled: () => settled(front), forwarded: count })
  }
  const plain = (port: number): Socket => connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  await serve('mesh', httpListener([route], more), plain)
  await serve('edge', httpListener([route], { ...more, useRemoteAddress: true }), plain)
  const secrets = secretsOf(certificate(identity))
  const overTls = {
    ...httpListener([route]),
    filterChains: [
      {
        tls: { common: { certificates: [{ name: 'default', source: 'agent' as const }] }, requireClientCertificate: false },
        filters: [{ kind: 'http-connection-manager' as const, manager: manager([route], more) }],
      },
    ],
  }
  const secure = (port: number): Socket => connectTls({ port, host: '127.0.0.1', allowHalfOpen: true, rejectUnauthorized: false } as object)
  await serve('tls', overTls, secure, { secrets })
  const behind = await startProxy(config(httpListener([route], { ...more, proxy100Continue: true }), clusters))
  open.push(behind)
  const overHttp2 = [staticCluster('u', [behind.port], { http: { protocol: 'http2' as const } })]
  await serve('http2', httpListener([route], more), plain, {}, overHttp2)
})
afterAll(async () => {
  for (const front of open) await front.close()
  await upstream.close()
  expect(await watch.end()).toEqual([])
})

/** A connection that came behind all others has been refused, and nothing is left of the others anywhere. */
async function settled(front: TestProxy): Promise<void> {
  await exchange(front.port, 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n')
  const isIdle = ({ proxy }: TestProxy): boolean => proxy.stats().clusters.every(({ activeRequests }) => activeRequests === 0)
  const isOver = (): boolean => front.proxy.stats().downstreamConnections === 0 && open.every(isIdle)
  const deadlineMs = systemClock.monotonicMs() + 15_000
  while (!isOver() && systemClock.monotonicMs() < deadlineMs) await new Promise(setImmediate)
  expect(isOver()).toBe(true)
}

function caseOf({ id, section, source, want }: WireCase, listener: string): RequestCase {
  const part = want.includes('(edge)') ? (want.split(' / ')[listener === 'edge' ? 0 : 1] as string) : (wants[id] ?? want)
  const check = checks[id]
  return {
    source,
    expectation: readRequestExpectation(part),
    faultInBody: section.startsWith('C.') || /^[ABX]\./.test(section) === false,
    ...(check && { check }),
  }
}

/** What another client asks for, on the same pool. */
function markerOf({ id }: WireCase): RequestCase {
  const path = `/marker-${id}`
  return { source: `GET ${path} HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n`, expectation: readRequestExpectation(`ok path ${path}`) }
}

const isShort = (source: string): boolean => decodeWireBytes(source).length < 1000
/** Nothing can stand in front of a preface, nor behind what is not whole. */
const allows = ({ id, source, want }: WireCase, manner: WireManner): boolean => {
  // The preface of HTTP/2 is wrong where HTTP/1.1 has begun; in front of everything it is HTTP/2.
  if (id === '183') return manner === 'behind-good'
  if (manner === 'bytes') return isShort(source)
  if (manner === 'cuts') return decodeWireBytes(source).length < 10_000
  if (manner === 'before-good') return !source.endsWith('{FIN}') && !/^(wait|abort)/.test(want) && isShort(source)
  return true
}

async function faultsOf(row: WireCase, listener: string, manners: readonly WireManner[]): Promise<readonly string[]> {
  const faults: string[] = []
  for (const manner of manners.filter((each) => allows(row, each))) {
    const found = await runRequestCase(targets.get(listener) as WireTarget, caseOf(row, listener), manner)
    if (found.length > 0) faults.push(`${listener}, ${manner}: ${found.join('; ')}`)
  }
  return faults
}

test.skipIf(sharedCases === undefined)('the shared list of cases is at hand', () => {
  expect(requestCases.length).toBeGreaterThan(200)
})

describe('a request', () => {
  for (const row of requestCases) {
    test(`${row.id}: ${row.source.slice(0, 80)} -> ${row.want}`, async () => {
      expect(await faultsOf(row, 'mesh', ['whole', 'bytes', 'cuts', 'behind-good', 'before-good'])).toEqual([])
      expect(await faultsOf(row, 'edge', ['whole', 'behind-good'])).toEqual([])
      const target = targets.get('mesh') as WireTarget
      expect(await runRequestCase(target, markerOf(row), 'whole'), 'another client on the same pool').toEqual([])
    })
  }
})

test('every row comes out the same over TLS', async () => {
  const faults: string[] = []
  for (const row of requestCases) {
    for (const fault of await faultsOf(row, 'tls', ['whole', 'cuts'])) faults.push(`${row.id}: ${fault}`)
  }
  expect(faults).toEqual([])
}, 120_000)

test('every row comes out the same where HTTP/2 lies on the way to the upstream', async () => {
  const faults: string[] = []
  for (const row of requestCases) {
    for (const fault of await faultsOf(row, 'http2', ['whole', 'cuts'])) faults.push(`${row.id}: ${fault}`)
  }
  expect(faults).toEqual([])
}, 120_000)
