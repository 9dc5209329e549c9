/** What a connection may take until it is served: the PROXY header, the detection of its protocol and the TLS handshake. */
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { createFakeClock } from '@heddle/base/testing'
import { createTestCa } from '@heddle/ca/testing'
import type { FilterChain, Listener } from '@heddle/routing'
import { expect, test } from 'vitest'
import { anyRoute, config, httpListener, rawUpstream, startProxy, staticCluster } from '../integration/harness.js'
import { certificate, secretsOf } from '../integration/secrets.js'
import { keepOpen } from '../keep-open.js'

const keep = keepOpen()

const http = httpListener([anyRoute({ kind: 'direct-response', status: 200 })])
const request = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => void setImmediate(resolve))
}

function dial(port: number): Socket {
  const socket = connect({ port, host: '127.0.0.1' })
  socket.on('error', () => {})
  keep({ close: () => socket.destroy() })
  return socket
}

/** A proxy whose clock is the test's. */
async function stage(listener: Listener, more: Parameters<typeof startProxy>[1] = {}, ports: readonly number[] = []) {
  const clock = createFakeClock()
  const front = keep(await startProxy(config(listener, [staticCluster('u', ports)]), { clock, ...more }))
  return { clock, front, connections: () => front.proxy.listeners()[0]?.connections }
}

async function clientHello(): Promise<Buffer> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connectTls({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' })
  client.on('error', () => {})
  const [socket] = (await once(server, 'connection')) as [Socket]
  const [hello] = (await once(socket, 'data')) as [Buffer]
  client.destroy()
  socket.destroy()
  server.close()
  return hello
}

async function answered(socket: Socket | TLSSocket): Promise<string> {
  socket.write(request)
  const [data] = (await once(socket, 'data')) as [Buffer]
  return data.toString('latin1')
}

test('limit handshakeDeadlineMs: a TLS handshake, from the first byte of its hello to its end', async () => {
  const ca = createTestCa({ trustDomain: 'td1' })
  const secrets = secretsOf(certificate(ca.issue('spiffe://td1/ns/a/sa/server')))
  const tls: NonNullable<FilterChain['tls']> = {
    common: { certificates: [{ name: 'default', source: 'ads' }] },
    requireClientCertificate: false,
  }
  const { clock, front, connections } = await stage(
    { ...http, filterChains: http.filterChains.map((chain) => ({ ...chain, tls })) },
    { secrets },
  )
  const served = connectTls({ port: front.port, host: '127.0.0.1', rejectUnauthorized: false })
  keep({ close: () => served.destroy() })
  await once(served, 'secureConnect')
  const hello = await clientHello()
  const slow = Array.from({ length: 3 }, () => dial(front.port))
  await expect.poll(connections).toBe(4)
  slow[1]?.write(hello.subarray(0, 20))
  clock.advance(9000)
  // The time that the hello took is not given again to the rest.
  slow[2]?.write(hello)
  await once(slow[2] as Socket, 'data')
  clock.advance(999)
  await turns()
  expect(connections()).toBe(4)
  clock.advance(1)
  await expect.poll(connections).toBe(1)
  expect(await answered(served)).toMatch(/^HTTP\/1\.1 200 /)
})

test('limit handshakeDeadlineMs: the PROXY header of a balancer', async () => {
  const { clock, front, connections } = await stage({ ...http, listenerFilters: [{ kind: 'proxy-protocol' }] })
  const header = 'PROXY TCP4 192.0.2.1 192.0.2.2 1000 80\r\n'
  const served = dial(front.port)
  served.write(header)
  const slow = dial(front.port)
  slow.write(header.slice(0, 10))
  await expect.poll(connections).toBe(2)
  await turns()
  clock.advance(9999)
  await turns()
  expect(connections()).toBe(2)
  clock.advance(1)
  await expect.poll(connections).toBe(1)
  expect(await answered(served)).toMatch(/^HTTP\/1\.1 200 /)
})

test('limit detectionDeadlineMs: a silent client is taken for one of TCP', async () => {
  let dials = 0
  const upstream = keep(
    await rawUpstream((socket) => {
      dials++
      socket.write('hello')
    }),
  )
  const listener: Listener = {
    ...http,
    listenerFilters: [{ kind: 'http-inspector' }],
    listenerFiltersTimeoutMs: 0,
    continueOnListenerFiltersTimeout: true,
    filterChains: http.filterChains.map((chain) => ({ ...chain, match: { applicationProtocols: ['http/1.1'] } })),
    defaultFilterChain: { filters: [{ kind: 'tcp-proxy', proxy: { statPrefix: 'u', target: { kind: 'cluster', cluster: 'u' } } }] },
  }
  const { clock, front, connections } = await stage(listener, {}, [upstream.port])
  const silent = dial(front.port)
  await expect.poll(connections).toBe(1)
  await turns()
  clock.advance(9999)
  await turns()
  expect(front.proxy.stats().clusters[0]?.activeConnections).toBe(0)
  clock.advance(1)
  const [data] = (await once(silent, 'data')) as [Buffer]
  expect(data.toString()).toBe('hello')
  expect(dials).toBe(1)
  expect(await answered(dial(front.port))).toMatch(/^HTTP\/1\.1 200 /)
})
