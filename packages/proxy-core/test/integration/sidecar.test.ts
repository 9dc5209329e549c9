import { once } from 'node:events'
import { type ClientHttp2Session, type ClientHttp2Stream, connect as connectHttp2, type OutgoingHttpHeaders } from 'node:http2'
import { connect } from 'node:net'
import { describe, expect, test } from 'vitest'
import { createFakeClock } from '@heddle/base/testing'
import type { Listener } from '@heddle/routing'
import { responseFlagBits as flag } from '@heddle/proxy-core'
import { keepOpen } from '../keep-open.js'
import { action, anyRoute, exchange, httpUpstream, manager, rawUpstream, startProxy, staticCluster } from './harness.js'
import { block, frame, get, RawHttp2 } from './http2-peers.js'

const keep = keepOpen()

/** PROXY v2 for TCP over IPv4 with the token TLV. */
function proxyHeader(address: string, port: number, token: string): string {
  const head = Buffer.from('0d0a0d0a000d0a515549540a21110000', 'hex')
  const addresses = Buffer.from([127, 0, 0, 9, ...address.split('.').map(Number), 0x10, 0, port >> 8, port & 255])
  const tlv = Buffer.concat([Buffer.from([0xe0, 0, token.length]), Buffer.from(token)])
  head.writeUInt16BE(addresses.length + tlv.length, 14)
  return Buffer.concat([head, addresses, tlv]).toString('latin1')
}

const tcp = (cluster: string) =>
  ({ filters: [{ kind: 'tcp-proxy', proxy: { statPrefix: cluster, target: { kind: 'cluster', cluster } } }] }) as const

const virtualOutbound: Listener = {
  name: 'virtualOutbound',
  address: { address: '0.0.0.0', port: 15001 },
  trafficDirection: 'outbound',
  useOriginalDst: true,
  filterChains: [{ name: 'blackhole', match: { destinationPort: 15001 }, ...tcp('BlackHoleCluster') }],
  defaultFilterChain: tcp('PassthroughCluster'),
}

const service: Listener = {
  name: '127.9.128.1_80',
  address: { address: '127.9.128.1', port: 80 },
  trafficDirection: 'outbound',
  bindToPort: false,
  listenerFilters: [{ kind: 'http-inspector' }],
  listenerFiltersTimeoutMs: 0,
  continueOnListenerFiltersTimeout: true,
  filterChains: [
    {
      match: { transportProtocol: 'raw_buffer', applicationProtocols: ['http/1.1', 'h2c'] },
      filters: [{ kind: 'http-connection-manager', manager: manager([anyRoute(action('web'))]) }],
    },
  ],
  defaultFilterChain: tcp('opaque'),
}

const token = 'a-pod-token'

async function sidecar(more: Parameters<typeof startProxy>[1] = {}) {
  const web = keep(
    await httpUpstream(
      (incoming, outgoing) =>
        void outgoing.end(`web ${incoming.headers.host ?? ''} ${incoming.url ?? ''} ${JSON.stringify(incoming.headers)}`),
    ),
  )
  const opaque = keep(await rawUpstream((socket) => void socket.once('data', (data) => socket.end(`opaque ${data.length}`))))
  const direct = keep(await rawUpstream((socket) => void socket.once('data', () => socket.end('direct'))))
  const front = keep(
    await startProxy(
      {
        listeners: [virtualOutbound, service],
        routeConfigurations: [],
        endpoints: [],
        clusters: [
          staticCluster('web', [web.port]),
          staticCluster('opaque', [opaque.port]),
          staticCluster('BlackHoleCluster', []),
          { name: 'PassthroughCluster', type: 'ORIGINAL_DST', lbPolicy: 'CLUSTER_PROVIDED' },
        ],
      },
      {
        bind: (listener) =>
          listener.name !== 'virtualOutbound'
            ? []
            : [
                { address: '127.0.0.1', port: 0, original: { kind: 'proxy-v2', token } },
                { address: '127.0.0.2', port: 0, original: { kind: 'http-proxy', token } },
              ],
        resolveName: (host, port) => (host === 'web' ? { address: '127.9.128.1', port } : undefined),
        ...more,
      },
    ),
  )
  const explicit = front.proxy.listeners()[1]?.port ?? 0
  return { front, explicit, direct }
}

test('a captured connection reaches the listener of its original destination', async () => {
  const { front } = await sidecar()
  const answer = await exchange(
    front.port,
    `${proxyHeader('127.9.128.1', 80, token)}GET /x HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n`,
  )
  expect(answer).toMatch(/\r\n\r\nweb web \/x /)
})

test('bytes that are not HTTP go on as TCP', async () => {
  const { front } = await sidecar()
  expect(await exchange(front.port, `${proxyHeader('127.9.128.1', 80, token)}\x01\x02\x03`)).toBe('opaque 3')
})

test('an HTTP/2 connection on a port that detects protocols is served as HTTP', async () => {
  const { front } = await sidecar()
  const client = keep(new RawHttp2(front.port))
  client.write(proxyHeader('127.9.128.1', 80, token))
  client.begin(frame(1, 5, 1, block(get('/', [['x-one', '1']]).map(([name, value]) => [name, name === ':authority' ? 'web' : value]))))
  await expect.poll(() => client.outcome()).toBe('END')
  expect(front.requests[0]).toMatchObject({ status: 200, cluster: 'web' })
})

test('an unknown destination passes through and the capture port itself does not', async () => {
  const { front, direct } = await sidecar()
  expect(await exchange(front.port, `${proxyHeader('127.0.0.1', direct.port, token)}hi`)).toBe('direct')
  expect(await exchange(front.port, `${proxyHeader('127.0.0.1', 15001, token)}hi`)).toBe('')
  expect(front.connections.at(-1)).toMatchObject({ flags: flag.UH, cluster: 'BlackHoleCluster' })
})

test('without the token a captured connection is refused', async () => {
  const { front } = await sidecar()
  expect(await exchange(front.port, `${proxyHeader('127.9.128.1', 80, 'wrong')}GET / HTTP/1.1\r\nHost: web\r\n\r\n`)).toBe('')
  expect(await exchange(front.port, 'GET / HTTP/1.1\r\nHost: web\r\n\r\n')).toBe('')
})

test('a silent client goes on as TCP when the detection deadline has passed', async () => {
  const clock = createFakeClock()
  const { front } = await sidecar({ clock, detectionDeadlineMs: 10_000 })
  const socket = connect(front.port, '127.0.0.1', () => socket.write(proxyHeader('127.9.128.1', 80, token), 'latin1'))
  let text = ''
  socket.on('data', (data) => (text += data.toString()))
  await expect.poll(() => clock.pendingTimers()).toBeGreaterThan(0)
  await expect
    .poll(() => {
      clock.advance(10_001)
      return front.proxy.stats().clusters.find(({ name }) => name === 'opaque')?.activeConnections
    })
    .toBe(1)
  socket.write('abc')
  await expect.poll(() => text).toBe('opaque 3')
  socket.destroy()
})

function viaProxy(port: number, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    const socket = connect(port, '127.0.0.2', () => socket.write(bytes))
    socket.on('data', (data) => (text += data.toString('latin1')))
    socket.on('error', () => {})
    socket.on('close', () => resolve(text))
  })
}

const credentials = `Proxy-Authorization: Basic ${Buffer.from(`${token}:`).toString('base64')}\r\n`

test('an explicit proxy request enters as if captured, without its credentials', async () => {
  const { explicit } = await sidecar()
  const answer = await viaProxy(
    explicit,
    `GET http://web/path?q=1 HTTP/1.1\r\nHost: other\r\n${credentials}Proxy-Connection: keep-alive\r\nConnection: close\r\n\r\n`,
  )
  expect(answer).toMatch(/^HTTP\/1\.1 200/)
  expect(answer).toMatch(/web web \/path\?q=1 /)
  expect(answer).not.toContain('proxy-')
})

test('an explicit proxy asks for credentials and knows only names of the mesh', async () => {
  const { explicit } = await sidecar()
  expect(await viaProxy(explicit, 'GET http://web/ HTTP/1.1\r\nHost: web\r\n\r\n')).toMatch(/^HTTP\/1\.1 407 /)
  expect(await viaProxy(explicit, `GET http://nobody/ HTTP/1.1\r\nHost: nobody\r\n${credentials}\r\n`)).toMatch(/^HTTP\/1\.1 502 /)
})

test('CONNECT opens a captured connection', async () => {
  const { explicit } = await sidecar()
  const answer = await new Promise<string>((resolve) => {
    let text = ''
    let sent = false
    const socket = connect(explicit, '127.0.0.2', () => socket.write(`CONNECT web:80 HTTP/1.1\r\nHost: web:80\r\n${credentials}\r\n`))
    socket.on('data', (data) => {
      text += data.toString('latin1')
      if (sent) return
      sent = true
      socket.write('GET /tunnel HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n')
    })
    socket.on('close', () => resolve(text))
  })
  expect(answer).toMatch(/^HTTP\/1\.1 200 Connection Established\r\n\r\nHTTP\/1\.1 200 OK/)
  expect(answer).toContain('web web /tunnel')
})

describe('an explicit proxy whose client speaks HTTP/2 with prior knowledge', () => {
  const authorization = { 'proxy-authorization': `Basic ${Buffer.from(`${token}:`).toString('base64')}` }

  async function session(): Promise<ClientHttp2Session> {
    const { explicit } = await sidecar()
    const client = connectHttp2(`http://127.0.0.2:${explicit}`)
    keep({ close: () => client.destroy() })
    return client
  }

  function ask(client: ClientHttp2Session, headers: OutgoingHttpHeaders): Promise<{ readonly status: number; readonly body: string }> {
    return new Promise((resolve, reject) => {
      const stream = client.request(headers)
      let status = 0
      let body = ''
      stream.on('response', (answer) => (status = answer[':status'] ?? 0))
      stream.on('data', (piece: Buffer) => (body += piece.toString('latin1')))
      stream.on('end', () => resolve({ status, body }))
      stream.on('error', reject)
    })
  }

  test('serves requests as if they were captured, each for its own destination, without the credentials', async () => {
    const client = await session()
    const answer = await ask(client, { ':authority': 'web', ':path': '/path?q=1', ':scheme': 'http', ...authorization })
    expect(answer).toMatchObject({ status: 200, body: expect.stringContaining('web web /path?q=1 ') as string })
    expect(answer.body).not.toContain('proxy-')
    const fields = { ':path': '/', ':scheme': 'http' }
    expect((await ask(client, { ...fields, ':authority': 'web' })).status).toBe(407)
    expect((await ask(client, { ...fields, ...authorization, ':authority': 'nobody' })).status).toBe(502)
    expect((await ask(client, { ...fields, ...authorization, ':authority': 'web', ':scheme': 'https' })).status).toBe(400)
  })

  test('opens captured connections with CONNECT, several at a time, with half closes', async () => {
    const client = await session()
    const open = (): ClientHttp2Stream => client.request({ ':method': 'CONNECT', ':authority': 'web:80', ...authorization })
    const texts = await Promise.all(
      ['one', 'two'].map(async (path) => {
        const tunnel = open()
        let text = ''
        tunnel.on('data', (piece: Buffer) => (text += piece.toString('latin1')))
        tunnel.write(`GET /${path} HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n`)
        await once(tunnel, 'end')
        return text
      }),
    )
    expect(texts[0]).toMatch(/^HTTP\/1\.1 200 OK[^]*web web \/one /)
    expect(texts[1]).toMatch(/^HTTP\/1\.1 200 OK[^]*web web \/two /)
    const opaque = open()
    let text = ''
    opaque.on('data', (piece: Buffer) => (text += piece.toString('latin1')))
    opaque.end('\x01\x02\x03')
    await once(opaque, 'close')
    expect(text).toBe('opaque 3')
    const refused = client.request({ ':method': 'CONNECT', ':authority': 'web:80' })
    const [answer] = (await once(refused, 'response')) as [{ ':status': number }]
    expect(answer[':status']).toBe(407)
    refused.close()
  })
})
