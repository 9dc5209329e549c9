import { connect as connectTls, type TLSSocket } from 'node:tls'
import { connect } from 'node:net'
import { describe, expect, test } from 'vitest'
import type { Clock } from '@heddle/base'
import { createFakeClock } from '@heddle/base/testing'
import { createTestCa, type TestIdentity } from '@heddle/ca/testing'
import type { Cluster, FilterChain, Listener } from '@heddle/routing'
import { responseFlagBits as flag, type RequestRecord } from '@heddle/proxy-core'
import { keepOpen } from '../keep-open.js'
import {
  action,
  anyRoute,
  config,
  exchange,
  httpListener,
  httpUpstream,
  manager,
  rawUpstream,
  startProxy,
  staticCluster,
} from './harness.js'
import { certificate, roots, secretsOf, type TestSecrets } from './secrets.js'

const keep = keepOpen()

const common = {
  certificates: [{ name: 'default', source: 'agent' }],
  validation: { roots: { name: 'ROOTCA', source: 'agent' }, matchSubjectAltNames: [{ kind: 'prefix', value: 'spiffe://cluster.local/' }] },
  minVersion: 'TLSv1_2',
  maxVersion: 'TLSv1_3',
} as const

/** What istiod gives a STRICT sidecar for one port. */
function inboundListener(cluster: string): Listener {
  const http: FilterChain = {
    name: 'http',
    match: { transportProtocol: 'tls', applicationProtocols: ['istio-http/1.0', 'istio-http/1.1', 'istio-h2'] },
    tls: { common: { ...common, alpnProtocols: ['h2', 'http/1.1'] }, requireClientCertificate: true },
    filters: [
      {
        kind: 'http-connection-manager',
        manager: manager([anyRoute(action(cluster))], {
          forwardClientCertDetails: 'APPEND_FORWARD',
          setCurrentClientCertDetails: { subject: true, uri: true, dns: true },
        }),
      },
    ],
  }
  const tcp: FilterChain = {
    name: 'tcp',
    match: { transportProtocol: 'tls', applicationProtocols: ['istio-peer-exchange', 'istio'] },
    tls: { common: { ...common, alpnProtocols: ['istio-peer-exchange', 'h2', 'http/1.1'] }, requireClientCertificate: true },
    filters: [{ kind: 'tcp-proxy', proxy: { statPrefix: 'tcp', target: { kind: 'cluster', cluster } } }],
  }
  return {
    name: 'virtualInbound',
    address: { address: '127.0.0.1', port: 0 },
    trafficDirection: 'inbound',
    listenerFilters: [{ kind: 'tls-inspector' }, { kind: 'http-inspector' }],
    filterChains: [http, tcp],
  }
}

function meshCluster(name: string, port: number, sans: readonly string[], overridesNothing = false): Cluster {
  return staticCluster(name, [port], {
    transportSocket: {
      kind: 'tls',
      tls: {
        common: {
          ...common,
          alpnProtocols: ['istio-peer-exchange', 'istio'],
          validation: { ...common.validation, matchSubjectAltNames: sans.map((value) => ({ kind: 'exact', value })) },
        },
        sni: 'outbound_.80_._.web.default.svc.cluster.local',
      },
    },
    ...(overridesNothing ? { metadata: { istio: { alpn_override: 'false' } } } : {}),
  })
}

const serverId = 'spiffe://cluster.local/ns/default/sa/web'
const clientId = 'spiffe://cluster.local/ns/default/sa/sleep'

async function meshPair(options: { readonly expected?: string; readonly serverSecrets?: TestSecrets; readonly clock?: Clock } = {}) {
  const { clock } = options
  const ca = createTestCa(clock ? { clock } : {})
  const upstream = keep(await httpUpstream((incoming, outgoing) => void outgoing.end(JSON.stringify(incoming.headers))))
  const serverSecrets = options.serverSecrets ?? secretsOf(certificate(ca.issue(serverId)), roots(ca.rootPem))
  const records: RequestRecord['connection']['tls'][] = []
  const server = keep(
    await startProxy(config(inboundListener('app'), [staticCluster('app', [upstream.port])]), {
      ...(clock ? { clock } : {}),
      secrets: serverSecrets,
      telemetry: { onRequestComplete: (record) => void records.push(record.connection.tls), onConnectionComplete: () => {} },
    }),
  )
  const clientSecrets = secretsOf(certificate(ca.issue(clientId)), roots(ca.rootPem))
  const client = keep(
    await startProxy(
      config(httpListener([anyRoute(action('mesh'))], { httpFilters: [{ kind: 'alpn' }, { kind: 'router' }] }), [
        meshCluster('mesh', server.port, [options.expected ?? serverId]),
      ]),
      { secrets: clientSecrets, ...(clock ? { clock } : {}) },
    ),
  )
  return { ca, upstream, server, client, records, clientSecrets, serverSecrets }
}

const get = 'GET / HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n'

test('mutual TLS between two proxies names the client to the application', async () => {
  const { client, records } = await meshPair()
  const answer = await exchange(client.port, get)
  expect(answer).toMatch(/^HTTP\/1\.1 200 OK/)
  const headers = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4)) as Record<string, string>
  expect(headers['x-forwarded-client-cert']).toMatch(new RegExp(`^By=${serverId};Hash=[0-9a-f]{64};Subject="";URI=${clientId}$`))
  expect(records[0]?.peer?.spiffeId).toBe(clientId)
  expect(records[0]?.alpn).toBe('http/1.1')
})

test('an upstream with another identity is refused before a byte of the request is sent', async () => {
  const { client } = await meshPair({ expected: 'spiffe://cluster.local/ns/default/sa/other' })
  const answer = await exchange(client.port, get)
  expect(answer).toMatch(/^HTTP\/1\.1 503/)
  expect(client.requests[0]).toMatchObject({ flags: flag.UF })
})

test('plaintext, no certificate and a foreign certificate are refused by a strict listener', async () => {
  const { server, ca } = await meshPair()
  expect(await exchange(server.port, get)).toBe('')
  const foreign = createTestCa().issue(clientId)
  const handshake = (identity: TestIdentity | undefined): Promise<string> =>
    new Promise((resolve) => {
      let seen = ''
      const socket: TLSSocket = connectTls(
        {
          port: server.port,
          host: '127.0.0.1',
          rejectUnauthorized: false,
          ALPNProtocols: ['istio-http/1.1', 'http/1.1'],
          ...(identity ? { cert: identity.chainPem, key: identity.keyPem } : {}),
        },
        () => socket.write(get),
      )
      socket.on('data', (data) => (seen += data.toString()))
      socket.on('error', () => {})
      socket.on('close', () => resolve(seen))
    })
  expect(await handshake(undefined)).toBe('')
  expect(await handshake(foreign)).toBe('')
  expect(await handshake(ca.issue(clientId))).toMatch(/200 OK/)
})

test('a client without ALPN overlap is served without ALPN instead of being cut', async () => {
  const ca = createTestCa()
  const echo = keep(await rawUpstream((socket) => void socket.on('data', (data) => socket.end(data))))
  const server = keep(
    await startProxy(config(inboundListener('app'), [staticCluster('app', [echo.port])]), {
      secrets: secretsOf(certificate(ca.issue(serverId)), roots(ca.rootPem)),
    }),
  )
  const identity = ca.issue(clientId)
  const answer = await new Promise<string>((resolve, reject) => {
    let text = ''
    const socket = connectTls(
      {
        port: server.port,
        host: '127.0.0.1',
        rejectUnauthorized: false,
        ALPNProtocols: ['istio-peer-exchange', 'istio'],
        cert: identity.chainPem,
        key: identity.keyPem,
      },
      () => socket.write('opaque'),
    )
    socket.on('data', (data) => (text += data.toString()))
    socket.on('error', reject)
    socket.on('close', () => resolve(text))
  })
  expect(answer).toBe('opaque')
  await expect.poll(() => server.connections).toEqual([expect.objectContaining({ cluster: 'app', flags: 0 })])
})

const opaqueListener: Listener = {
  name: 'out',
  address: { address: '127.0.0.1', port: 0 },
  trafficDirection: 'outbound',
  filterChains: [{ filters: [{ kind: 'tcp-proxy', proxy: { statPrefix: 'out', target: { kind: 'cluster', cluster: 'mesh' } } }] }],
}

test('opaque TCP crosses two proxies over mutual TLS and keeps half closes', async () => {
  const ca = createTestCa()
  const sink = keep(
    await rawUpstream((socket) => {
      let bytes = 0
      socket.on('data', (data) => (bytes += data.length))
      socket.on('end', () => socket.end(`got ${bytes}`))
    }),
  )
  const server = keep(
    await startProxy(config(inboundListener('app'), [staticCluster('app', [sink.port])]), {
      secrets: secretsOf(certificate(ca.issue(serverId)), roots(ca.rootPem)),
    }),
  )
  const client = keep(
    await startProxy(config(opaqueListener, [meshCluster('mesh', server.port, [serverId])]), {
      secrets: secretsOf(certificate(ca.issue(clientId)), roots(ca.rootPem)),
    }),
  )
  const answer = await new Promise<string>((resolve, reject) => {
    let text = ''
    const socket = connect({ port: client.port, host: '127.0.0.1', allowHalfOpen: true }, () => socket.end(Buffer.alloc(3_000_000, 'x')))
    socket.on('data', (data) => (text += data.toString()))
    socket.on('error', reject)
    socket.on('end', () => resolve(text))
  })
  expect(answer).toBe('got 3000000')
})

test('a new certificate is used by new connections and drops none', async () => {
  const { client, ca, serverSecrets, records } = await meshPair()
  const renewed = ca.issue(serverId)
  const held = connect(client.port, '127.0.0.1')
  const answers: string[] = []
  held.on('data', (data) => answers.push(data.toString()))
  const ask = async (): Promise<void> => {
    const count = answers.length
    held.write('GET / HTTP/1.1\r\nHost: web\r\n\r\n')
    await expect.poll(() => answers.length).toBeGreaterThan(count)
  }
  await ask()
  serverSecrets.put(certificate(renewed))
  await ask()
  held.destroy()
  expect(records).toHaveLength(2)
  expect(await exchange(client.port, get)).toMatch(/200 OK/)
})

describe('a connection that lives', () => {
  /** A client that keeps its connection to the first proxy, and how many requests were answered. */
  async function living() {
    const clock = createFakeClock(Date.now())
    const pair = await meshPair({ clock })
    const held = connect(pair.client.port, '127.0.0.1')
    keep({ close: () => held.destroy() })
    const answers: string[] = []
    held.on('data', (data) => answers.push(data.toString()))
    const ask = async (): Promise<string> => {
      const count = answers.length
      held.write('GET / HTTP/1.1\r\nHost: web\r\n\r\n')
      await expect.poll(() => answers.length, { interval: 2 }).toBeGreaterThan(count)
      return answers.at(-1) as string
    }
    const inbound = (): number => pair.server.proxy.listeners()[0]?.connections ?? -1
    expect(await ask()).toMatch(/200 OK/)
    expect(inbound()).toBe(1)
    return { ...pair, clock, ask, inbound }
  }

  test('stays when new roots vouch for its peer as well', async () => {
    const { ca, clock, ask, inbound, serverSecrets, clientSecrets } = await living()
    for (const secrets of [serverSecrets, clientSecrets]) secrets.put(roots(ca.rootPem + createTestCa().rootPem))
    clock.advance(59_000)
    await ask()
    clock.advance(59_000)
    await ask()
    expect(inbound()).toBe(1)
  })

  test.each([
    ['no longer trusts the root', roots(createTestCa().rootPem)],
    ['has roots that cannot be read', roots('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n')],
  ])('ca T24: ends within a minute when the accepting side %s', async (_, instead) => {
    const { clock, inbound, serverSecrets } = await living()
    serverSecrets.put(instead)
    clock.advance(60_000)
    await expect.poll(inbound).toBe(0)
  })

  test('ends within a minute when the dialling side no longer trusts the root', async () => {
    const { clock, ask, inbound, clientSecrets } = await living()
    clientSecrets.put(roots(createTestCa().rootPem))
    clock.advance(60_000)
    await expect.poll(inbound).toBe(0)
    expect(await ask()).toMatch(/503/)
  })

  test('T8: ends when the certificate of its peer does', async () => {
    const { clock, ask, inbound } = await living()
    for (let minutes = 0; minutes < 59; minutes++) {
      clock.advance(59_000)
      await ask()
    }
    expect(inbound()).toBe(1)
    clock.advance(180_000)
    await expect.poll(inbound).toBe(0)
  })
})

test.each(['accepting', 'dialling'])('an opaque connection ends when the %s side no longer trusts its peer', async (side) => {
  const clock = createFakeClock(Date.now())
  const ca = createTestCa({ clock })
  const echo = keep(await rawUpstream((socket) => void socket.pipe(socket).on('error', () => {})))
  const secrets = {
    accepting: secretsOf(certificate(ca.issue(serverId)), roots(ca.rootPem)),
    dialling: secretsOf(certificate(ca.issue(clientId)), roots(ca.rootPem)),
  }
  const server = keep(
    await startProxy(config(inboundListener('app'), [staticCluster('app', [echo.port])]), { secrets: secrets.accepting, clock }),
  )
  const client = keep(
    await startProxy(config(opaqueListener, [meshCluster('mesh', server.port, [serverId])]), { secrets: secrets.dialling, clock }),
  )
  const socket = connect(client.port, '127.0.0.1')
  keep({ close: () => socket.destroy() })
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.on('error', () => {})
  await new Promise((resolve) => {
    socket.once('data', resolve)
    socket.write('hello')
  })
  clock.advance(61_000)
  expect(server.proxy.listeners()[0]?.connections).toBe(1)
  secrets[side as 'accepting' | 'dialling'].put(roots(createTestCa().rootPem))
  clock.advance(60_000)
  await closed
  await expect.poll(() => server.proxy.listeners()[0]?.connections).toBe(0)
})

test('T45: without roots a listener accepts nobody', async () => {
  const ca = createTestCa()
  const upstream = keep(await httpUpstream((_, outgoing) => void outgoing.end('hello')))
  const server = keep(
    await startProxy(config(inboundListener('app'), [staticCluster('app', [upstream.port])]), {
      secrets: secretsOf(certificate(ca.issue(serverId))),
    }),
  )
  const identity = ca.issue(clientId)
  const closed = await new Promise<string>((resolve) => {
    let text = ''
    const socket = connectTls(
      {
        port: server.port,
        host: '127.0.0.1',
        rejectUnauthorized: false,
        ALPNProtocols: ['istio-http/1.1', 'http/1.1'],
        cert: identity.chainPem,
        key: identity.keyPem,
      },
      () => socket.write(get),
    )
    socket.on('data', (data) => (text += data.toString()))
    socket.on('error', () => {})
    socket.on('close', () => resolve(text))
  })
  expect(closed).toBe('')
})

test.each([
  ['an HTTP', 'istio-http/1.1'],
  ['a TCP', 'istio'],
])('a client that leaves right after the handshake leaves no connection behind on %s chain', async (_, protocol) => {
  const { ca, server } = await meshPair()
  const identity = ca.issue(clientId)
  await new Promise<void>((resolve, reject) => {
    const socket = connectTls(
      {
        host: '127.0.0.1',
        port: server.port,
        ALPNProtocols: [protocol],
        ca: ca.rootPem,
        cert: identity.chainPem,
        key: identity.keyPem,
        checkServerIdentity: () => undefined,
      },
      () => socket.destroy(),
    )
    socket.on('error', reject)
    socket.on('close', () => resolve())
  })
  await expect.poll(() => server.proxy.listeners()[0]?.connections).toBe(0)
})

test('draining does not wait for a connection that has not said a word', async () => {
  const { server } = await meshPair()
  const socket = connect(server.port, '127.0.0.1')
  const closed = new Promise((resolve) => socket.once('close', resolve))
  await expect.poll(() => server.proxy.listeners()[0]?.connections).toBe(1)
  await server.proxy.drain({ deadlineMs: 60_000 })
  await closed
})
