import { expect, test } from 'vitest'
import type { HashPolicy, HttpConnectionManager, Route } from '@heddle/routing'
import { keepOpen } from '../keep-open.js'
import { action, anyRoute, config, exchange, httpListener, httpUpstream, startProxy, staticCluster, type TestProxy } from './harness.js'

const keep = keepOpen()

/** Three upstreams that answer with their number, behind a ring and this policy. */
async function front(policy: HashPolicy, more: Partial<HttpConnectionManager> = {}): Promise<TestProxy> {
  const ports: number[] = []
  for (const name of ['one', 'two', 'three']) ports.push(keep(await httpUpstream((_, outgoing) => void outgoing.end(name))).port)
  const route: Route = anyRoute(action('u', { hashPolicy: [policy] }), {
    headers: { responseAdd: [{ key: 'x-client', value: '%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%', append: 'APPEND_IF_EXISTS_OR_ADD' }] },
  })
  return keep(await startProxy(config(httpListener([route], more), [staticCluster('u', ports, { lbPolicy: 'RING_HASH' })])))
}

const ask = async (proxy: TestProxy, headers: readonly string[] = []): Promise<{ readonly body: string; readonly head: string }> => {
  const answer = await exchange(
    proxy.port,
    `GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${headers.map((line) => `${line}\r\n`).join('')}\r\n`,
  )
  const [head = '', body = ''] = answer.split('\r\n\r\n')
  return { head, body: body.replace(/^[0-9a-f]+\r\n|\r\n0$/g, '') }
}

test('a client without the cookie gets one, and with it the same endpoint again', async () => {
  const proxy = await front({ kind: 'cookie', name: 'user', path: '/shop', ttlMs: 3_600_000 })
  const served = new Set<string>()
  for (let client = 0; client < 12; client++) {
    const first = await ask(proxy)
    const cookie = /^set-cookie: (user="[0-9a-f]{16}"); Max-Age=3600; Path=\/shop; HttpOnly$/im.exec(first.head)?.[1]
    expect(cookie).toBeDefined()
    served.add(first.body)
    const again = await ask(proxy, [`Cookie: other=1; ${cookie}`])
    expect(again.body).toBe(first.body)
    expect(again.head).not.toMatch(/^set-cookie/im)
  }
  expect(served.size).toBeGreaterThan(1)
})

test('a time to live of 0 makes a session cookie, and none at all makes no cookie', async () => {
  expect((await ask(await front({ kind: 'cookie', name: 'user', ttlMs: 0 }))).head).toMatch(/^set-cookie: user="[0-9a-f]{16}"; HttpOnly$/im)
  expect((await ask(await front({ kind: 'cookie', name: 'user' }))).head).not.toMatch(/^set-cookie/im)
})

test('source-IP affinity and the remote address are those of the client that x-forwarded-for names', async () => {
  const proxy = await front({ kind: 'source-ip' })
  const clients = Array.from({ length: 12 }, (_, at) => `192.0.2.${at}`)
  const served = new Set<string>()
  for (const address of clients) {
    const { body, head } = await ask(proxy, [`X-Forwarded-For: 10.0.0.1, ${address}`])
    expect(head).toContain(`x-client: ${address}`)
    expect((await ask(proxy, [`X-Forwarded-For: 10.9.9.9,${address}`])).body).toBe(body)
    served.add(body)
  }
  expect(served.size).toBeGreaterThan(1)
})

test.each([
  { hops: 0, edge: true, forwarded: '192.0.2.1', client: '127.0.0.1' },
  { hops: 1, edge: true, forwarded: '192.0.2.1, 192.0.2.2', client: '192.0.2.2' },
  { hops: 3, edge: true, forwarded: '192.0.2.1', client: '127.0.0.1' },
  { hops: 0, edge: false, forwarded: '192.0.2.1, 192.0.2.2', client: '192.0.2.2' },
  { hops: 1, edge: false, forwarded: '192.0.2.1, 192.0.2.2', client: '192.0.2.1' },
  { hops: 0, edge: false, forwarded: 'unknown', client: '127.0.0.1' },
])('the client behind $hops trusted hops (edge: $edge) of "$forwarded" is $client', async ({ hops, edge, forwarded, client }) => {
  const proxy = await front({ kind: 'source-ip' }, { useRemoteAddress: edge, xffNumTrustedHops: hops })
  expect((await ask(proxy, [`X-Forwarded-For: ${forwarded}`])).head).toContain(`x-client: ${client}`)
})
