/** Clients of a gateway with certificates of the web: judged by the roots that the listener trusts, at the handshake and while they live. */
import { connect as connectTls, type TLSSocket } from 'node:tls'
import type { Clock } from '@heddle/base'
import { createFakeClock } from '@heddle/base/testing'
import { createTestCa, type TestIdentity } from '@heddle/ca/testing'
import type { FilterChain, Listener } from '@heddle/routing'
import { describe, expect, test } from 'vitest'
import { keepOpen } from '../keep-open.js'
import { action, anyRoute, config, httpListener, httpUpstream, startProxy, staticCluster } from './harness.js'
import { certificate, roots, secretsOf } from './secrets.js'

const keep = keepOpen()
const serverId = 'spiffe://cluster.local/ns/default/sa/web'
const clientId = 'spiffe://cluster.local/ns/default/sa/sleep'
const get = 'GET / HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n'

/** A gateway whose clients show certificates of the web. */
async function edge(clientRoots: string, clock?: Clock) {
  const upstream = keep(await httpUpstream((_, outgoing) => void outgoing.end('hello')))
  const tls: FilterChain['tls'] = {
    common: { certificates: [{ name: 'default', source: 'agent' }], validation: { roots: { name: 'ROOTCA', source: 'agent' } } },
    requireClientCertificate: true,
  }
  const listener = httpListener([anyRoute(action('app'))])
  const secured: Listener = { ...listener, filterChains: listener.filterChains.map((chain) => ({ ...chain, tls })) }
  const web = createTestCa(clock ? { clock } : {})
  const secrets = secretsOf(certificate(web.issue(serverId)), roots(clientRoots))
  const front = keep(await startProxy(config(secured, [staticCluster('app', [upstream.port])]), { secrets, ...(clock ? { clock } : {}) }))
  const dial = (identity: TestIdentity): TLSSocket => {
    const socket = connectTls({
      port: front.port,
      host: '127.0.0.1',
      rejectUnauthorized: false,
      cert: identity.chainPem,
      key: identity.keyPem,
    })
    socket.on('error', () => {})
    keep({ close: () => socket.destroy() })
    return socket
  }
  const ask = (identity: TestIdentity): Promise<string> =>
    new Promise((resolve) => {
      let seen = ''
      const socket = dial(identity)
      socket.on('secureConnect', () => socket.write(get))
      socket.on('data', (data) => (seen += data.toString()))
      socket.on('close', () => resolve(seen))
    })
  return { web, secrets, front, dial, ask }
}
const ofTheWeb = { altNames: { dnsNames: ['client.example.com'] } }

test('clients with certificates of the web are judged by the roots that the listener trusts', async () => {
  const clients = createTestCa()
  const { web, ask } = await edge(clients.rootPem)
  expect(await ask(clients.issue(clientId, { fields: ofTheWeb }))).toMatch(/200 OK/)
  expect(await ask(clients.issue(clientId, { intermediates: 1, fields: ofTheWeb }))).toMatch(/200 OK/)
  expect(await ask(web.issue(clientId, { fields: ofTheWeb }))).toBe('')
  expect(await ask(clients.issue(clientId, { ttlSeconds: -60, fields: ofTheWeb }))).toBe('')
  expect(await ask(clients.issue(clientId, { fields: { ...ofTheWeb, purposes: ['serverAuth'] } }))).toBe('')
})

test('an intermediate is enough to trust what it issued, and nothing beside it', async () => {
  const clients = createTestCa()
  const client = clients.issue(clientId, { intermediates: 1, fields: ofTheWeb })
  const { ask } = await edge(client.chainPem.slice(client.certPem.length))
  expect(await ask(client)).toMatch(/200 OK/)
  expect(await ask(clients.issue(clientId, { intermediates: 1, fields: ofTheWeb }))).toBe('')
  expect(await ask(clients.issue(clientId, { fields: ofTheWeb }))).toBe('')
})

describe('a live connection of a client with a certificate of the web', () => {
  async function living(intermediates: number) {
    const clock = createFakeClock(Date.now())
    const clients = createTestCa({ clock })
    const { secrets, front, dial } = await edge(clients.rootPem, clock)
    const socket = dial(clients.issue(clientId, { intermediates, fields: ofTheWeb }))
    const answers: string[] = []
    socket.on('data', (data) => answers.push(data.toString()))
    const ask = async (): Promise<void> => {
      const count = answers.length
      socket.write('GET / HTTP/1.1\r\nHost: web\r\n\r\n')
      await expect.poll(() => answers.length, { interval: 2 }).toBeGreaterThan(count)
    }
    await ask()
    const connections = (): number => front.proxy.listeners()[0]?.connections ?? -1
    expect(connections()).toBe(1)
    return { clock, clients, secrets, ask, connections }
  }

  test.each([
    ['the same roots come again', 0, ''],
    ['others join them', 0, createTestCa().rootPem],
    ['others join them, seen through an intermediate', 1, createTestCa().rootPem],
  ])('stays when %s', async (_, intermediates, joining) => {
    const { clock, clients, secrets, ask, connections } = await living(intermediates)
    secrets.put(roots(clients.rootPem + joining))
    for (let minute = 0; minute < 3; minute++) {
      clock.advance(59_000)
      await ask()
    }
    expect(connections()).toBe(1)
  })

  test.each([
    ['its root is taken away', roots(createTestCa().rootPem)],
    ['what comes instead cannot be read', roots('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n')],
  ])('ends when %s', async (_, instead) => {
    const { clock, secrets, connections } = await living(0)
    secrets.put(instead)
    clock.advance(60_000)
    await expect.poll(connections).toBe(0)
  })

  test('ends with its certificate', async () => {
    const { clock, ask, connections } = await living(0)
    for (let minute = 0; minute < 59; minute++) {
      clock.advance(59_000)
      await ask()
    }
    clock.advance(180_000)
    await expect.poll(connections).toBe(0)
  })
})
