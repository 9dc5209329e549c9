/** Copies of requests: what they are like is what Envoy 1.40 sends with the same configuration. */
import { request } from 'node:http'
import type { Socket } from 'node:net'
import { expect, test, vi } from 'vitest'
import type { MirrorPolicy, RouteAction } from '@heddle/routing'
import type { ProxyDeps } from '@heddle/proxy-core'
import { keepOpen } from '../keep-open.js'
import {
  action,
  anyRoute,
  config,
  exchange,
  httpListener,
  httpUpstream,
  rawUpstream,
  startProxy,
  staticCluster,
  type TestProxy,
  type Upstream,
} from './harness.js'

const keep = keepOpen()

interface Seen {
  readonly line: string
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: string
}

async function recorder(): Promise<Upstream & { readonly seen: Seen[] }> {
  const seen: Seen[] = []
  const upstream = await httpUpstream((incoming, outgoing) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      seen.push({ line: `${incoming.method} ${incoming.url}`, headers: incoming.headers, body: Buffer.concat(chunks).toString('latin1') })
      outgoing.end('ok')
    })
  })
  return { ...keep(upstream), seen }
}

async function mirroring(
  mirrors: readonly MirrorPolicy[],
  shadowPort: number,
  more: Partial<RouteAction> = {},
  deps: ProxyDeps = {},
): Promise<{ readonly front: TestProxy; readonly app: Awaited<ReturnType<typeof recorder>> }> {
  const app = await recorder()
  const routes = [anyRoute(action('app', { mirrors, ...more }))]
  const clusters = [staticCluster('app', [app.port]), staticCluster('shadow', [shadowPort])]
  return { front: keep(await startProxy(config(httpListener(routes), clusters), deps)), app }
}

const ask = (port: number, host = 'a', body = ''): Promise<string> =>
  exchange(
    port,
    `POST /x HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\nX-Forwarded-For: 1.1.1.1\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  )

test('a copy has the rewritten path, the body, and a host that tells it from the original', async () => {
  const shadow = await recorder()
  const policies = [{ cluster: 'shadow' }, { cluster: 'shadow', disableShadowHostSuffixAppend: true }]
  const { front, app } = await mirroring(policies, shadow.port, { prefixRewrite: '/new/' })
  expect(await ask(front.port, 'shop:99', 'hello')).toMatch(/ok$/)
  await vi.waitUntil(() => shadow.seen.length === 2)
  expect(app.seen[0]).toMatchObject({ line: 'POST /new/x', body: 'hello', headers: { host: 'shop:99' } })
  const hosts = shadow.seen.map(({ headers }) => String(headers['host']))
  expect(new Set(hosts)).toEqual(new Set(['shop-shadow:99', 'shop:99']))
  for (const copy of shadow.seen) {
    expect(copy).toMatchObject({ line: 'POST /new/x', body: 'hello' })
    expect(copy.headers).toMatchObject({ 'x-envoy-internal': 'true', 'x-forwarded-for': '1.1.1.1,127.0.0.1' })
    expect(copy.headers['x-request-id']).toBe(app.seen[0]?.headers['x-request-id'])
  }
  expect(app.seen[0]?.headers['x-envoy-internal']).toBeUndefined()
})

test('a mirror gets its share of the requests', async () => {
  const shadow = await recorder()
  const draws = [0.24, 0.26, 0.24]
  const random = { next: () => draws.shift() ?? 0.99, bytes: (count: number) => new Uint8Array(count) }
  const policies = [{ cluster: 'shadow', fraction: { numerator: 250_000, denominator: 'MILLION' } }] as const
  const { front } = await mirroring(policies, shadow.port, {}, { random })
  for (const host of ['one', 'two', 'three']) await ask(front.port, host)
  await vi.waitUntil(() => shadow.seen.length === 2)
  expect(shadow.seen.map(({ headers }) => headers['host'])).toEqual(['one-shadow', 'three-shadow'])
})

test('a mirror that is silent, refuses or breaks off costs the request nothing', async () => {
  const sockets: Socket[] = []
  const silent = keep(await rawUpstream((socket) => void sockets.push(socket)))
  const { front } = await mirroring([{ cluster: 'shadow' }], silent.port)
  expect(await ask(front.port, 'a', 'x'.repeat(50_000))).toMatch(/ok$/)
  await vi.waitUntil(() => sockets.length === 1)
  for (const socket of sockets) socket.resetAndDestroy()
  expect(await ask(front.port)).toMatch(/ok$/)
  const gone = await rawUpstream(() => {})
  gone.close()
  const second = await mirroring([{ cluster: 'shadow' }, { cluster: 'nobody' }], gone.port)
  expect(await ask(second.front.port)).toMatch(/ok$/)
  await vi.waitUntil(() => second.front.proxy.stats().clusters.every(({ activeRequests }) => activeRequests === 0))
  expect([...front.requests, ...second.front.requests].every(({ flags, status }) => flags === 0 && status === 200)).toBe(true)
})

test('a body beyond the buffer goes to the application alone', async () => {
  const shadow = await recorder()
  const { front, app } = await mirroring([{ cluster: 'shadow' }], shadow.port, {}, { maxBufferedBytes: 65_536 })
  const upload = (size: number): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const options = { port: front.port, host: '127.0.0.1', method: 'POST', path: '/', agent: false }
      const outgoing = request(options, (incoming) => void incoming.resume().on('end', resolve))
      outgoing.on('error', reject)
      outgoing.end(Buffer.alloc(size, 'x'))
    })
  await upload(2_000_000)
  await upload(60_000)
  await vi.waitUntil(() => shadow.seen.length > 0)
  expect(app.seen.map(({ body }) => body.length)).toEqual([2_000_000, 60_000])
  expect(shadow.seen.map(({ body }) => body.length)).toEqual([60_000])
})

test('a mirror keeps to the breaker of its own cluster', async () => {
  const sockets: Socket[] = []
  const silent = keep(await rawUpstream((socket) => void sockets.push(socket)))
  const app = await recorder()
  const clusters = [staticCluster('app', [app.port]), staticCluster('shadow', [silent.port], { circuitBreakers: { maxRequests: 2 } })]
  const front = keep(await startProxy(config(httpListener([anyRoute(action('app', { mirrors: [{ cluster: 'shadow' }] }))]), clusters)))
  for (let round = 0; round < 5; round++) expect(await ask(front.port)).toMatch(/ok$/)
  await vi.waitUntil(() => sockets.length === 2)
  expect(front.proxy.stats().clusters.find(({ name }) => name === 'shadow')).toMatchObject({ activeRequests: 2, overflows: 3 })
})
