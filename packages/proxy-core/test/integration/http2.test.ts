/** HTTP/2 on either side of the proxy and on both, with Node's own client and servers as peers. */
import { request as request1 } from 'node:http'
import { connect } from 'node:net'
import { describe, expect, test } from 'vitest'
import type { Cluster, Route } from '@heddle/routing'
import { keepOpen } from '../keep-open.js'
import { action, anyRoute, config, httpListener, httpUpstream, rawUpstream, startProxy, staticCluster, type TestProxy } from './harness.js'
import { block, frame, get, http2Client, http2Upstream, RawHttp2, rawHttp2Upstream, request } from './http2-peers.js'

const keep = keepOpen()

const http2: Partial<Cluster> = { http: { protocol: 'http2' } }

async function front(port: number, more: Partial<Cluster> = {}): Promise<TestProxy> {
  return keep(
    await startProxy(config(httpListener([anyRoute(action('u'))], { proxy100Continue: true }), [staticCluster('u', [port], more)])),
  )
}

/** An upstream that tells what it got, with a trailer. */
async function echo(kind: 'h1' | 'h2'): Promise<number> {
  if (kind === 'h1') {
    const upstream = await httpUpstream((incoming, response) => {
      const pieces: Buffer[] = []
      incoming.on('data', (piece: Buffer) => pieces.push(piece))
      incoming.on('end', () => {
        if (incoming.url === '/early') response.writeEarlyHints({ link: '</style>; rel=preload' })
        const hasBody = incoming.method !== 'HEAD' && incoming.url !== '/none'
        response.setHeader('x-seen', `${incoming.method} ${incoming.url} ${incoming.headers.host}`)
        if (hasBody) response.setHeader('trailer', 'x-sum')
        response.writeHead(incoming.url === '/none' ? 204 : 200)
        if (hasBody) {
          response.write(Buffer.concat(pieces).length.toString())
          response.addTrailers({ 'x-sum': (incoming.trailers['x-up'] as string) ?? 'none' })
        }
        response.end()
      })
    })
    return keep(upstream).port
  }
  const upstream = await http2Upstream((stream, headers) => {
    let bytes = 0
    let late = 'none'
    stream.on('trailers', (trailers) => (late = String(trailers['x-up'] ?? 'none')))
    stream.on('data', (piece: Buffer) => (bytes += piece.length))
    stream.on('end', () => {
      const seen = `${headers[':method']} ${headers[':path']} ${headers[':authority']}`
      if (headers[':path'] === '/early') stream.additionalHeaders({ ':status': 103, link: '</style>; rel=preload' })
      if (headers[':path'] === '/none' || headers[':method'] === 'HEAD')
        return stream.respond({ ':status': headers[':path'] === '/none' ? 204 : 200, 'x-seen': seen }, { endStream: true })
      stream.respond({ ':status': 200, 'x-seen': seen }, { waitForTrailers: true })
      stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': late }))
      stream.end(String(bytes))
      return undefined
    })
  })
  return keep(upstream).port
}

interface Got {
  readonly status: number
  readonly seen: unknown
  readonly body: string
  readonly sum: unknown
  readonly early: number
}

async function ask(kind: 'h1' | 'h2', port: number, method: string, path: string, body?: string, up?: string): Promise<Got> {
  if (kind === 'h2') {
    const session = keep(http2Client(port))
    const trailers = up === undefined ? undefined : { 'x-up': up }
    const answer = await request(session, { ':method': method, ':path': path, ':authority': 'a.example' }, body, trailers)
    return {
      status: Number(answer.headers[':status']),
      seen: answer.headers['x-seen'],
      body: answer.body,
      sum: answer.trailers?.['x-sum'],
      early: answer.informational.length,
    }
  }
  return new Promise((resolve, reject) => {
    const headers = { host: 'a.example', te: 'trailers', connection: 'te', ...(up === undefined ? {} : { trailer: 'x-up' }) }
    const outgoing = request1({ port, host: '127.0.0.1', method, path, headers, agent: false })
    let early = 0
    outgoing.on('information', () => early++)
    outgoing.on('error', reject)
    outgoing.on('response', (answer) => {
      let text = ''
      answer.on('data', (piece: Buffer) => (text += piece.toString('latin1')))
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, seen: answer.headers['x-seen'], body: text, sum: answer.trailers['x-sum'], early }),
      )
    })
    if (up !== undefined) outgoing.addTrailers({ 'x-up': up })
    outgoing.end(body)
  })
}

describe.each([
  ['h1', 'h1'],
  ['h1', 'h2'],
  ['h2', 'h1'],
  ['h2', 'h2'],
] as const)('a client of %s and an upstream of %s', (down, up) => {
  const start = async (): Promise<number> => (await front(await echo(up), up === 'h2' ? http2 : {})).port

  test('exchange bodies and trailers both ways', async () => {
    const port = await start()
    const got = await ask(down, port, 'POST', '/x?y=1', 'z'.repeat(100_000), 'late')
    expect(got).toMatchObject({ status: 200, seen: 'POST /x?y=1 a.example', body: '100000', sum: 'late' })
  })

  test('agree on messages without a body', async () => {
    const port = await start()
    expect(await ask(down, port, 'GET', '/')).toMatchObject({ status: 200, body: '0', sum: 'none' })
    expect(await ask(down, port, 'HEAD', '/')).toMatchObject({ status: 200, body: '' })
    expect(await ask(down, port, 'GET', '/none')).toMatchObject({ status: 204, body: '' })
  })

  test('pass early hints on', async () => {
    expect(await ask(down, await start(), 'GET', '/early')).toMatchObject({ status: 200, early: 1 })
  })
})

test('many requests share one upstream connection', async () => {
  const upstream = keep(
    await http2Upstream((stream, headers) => {
      stream.respond({ ':status': 200 })
      stream.end(String(headers[':path']))
    }),
  )
  const { port } = await front(upstream.port, http2)
  const session = keep(http2Client(port))
  const answers = await Promise.all(Array.from({ length: 80 }, (_, at) => request(session, { ':path': `/${at}` })))
  expect(answers.map(({ body }) => body)).toEqual(Array.from({ length: 80 }, (_, at) => `/${at}`))
  expect(upstream.sessions()).toBe(1)
})

test('what one upstream connection does not take goes over another', async () => {
  const held: (() => void)[] = []
  const upstream = keep(
    await http2Upstream(
      (stream) => {
        held.push(() => {
          stream.respond({ ':status': 200 })
          stream.end('done')
        })
        if (held.length === 8) for (const answer of held) answer()
      },
      { settings: { maxConcurrentStreams: 4 } },
    ),
  )
  const { port } = await front(upstream.port, http2)
  const session = keep(http2Client(port))
  const first = request(session, { ':path': '/' })
  await expect.poll(() => held.length).toBe(1)
  const rest = Array.from({ length: 7 }, () => request(session, { ':path': '/' }))
  expect((await Promise.all([first, ...rest])).map(({ body }) => body)).toEqual(Array.from({ length: 8 }, () => 'done'))
  expect(upstream.sessions()).toBe(2)
})

test('a slow reader holds back its own answer only', async () => {
  const size = 3 * 1024 * 1024
  const upstream = keep(
    await http2Upstream((stream, headers) => {
      stream.respond({ ':status': 200 })
      stream.end(headers[':path'] === '/big' ? Buffer.alloc(size, 'x') : 'small')
    }),
  )
  const { port } = await front(upstream.port, http2)
  const session = keep(http2Client(port))
  const slow = session.request({ ':path': '/big' })
  await new Promise((resolve) => slow.once('response', resolve))
  for (let at = 0; at < 20; at++) expect((await request(session, { ':path': '/' })).body).toBe('small')
  let bytes = 0
  slow.on('data', (piece: Buffer) => (bytes += piece.length))
  await new Promise((resolve) => slow.once('end', resolve))
  expect(bytes).toBe(size)
})

test('a client that resets its stream ends the upstream one', async () => {
  let code = -1
  const upstream = keep(await http2Upstream((stream) => stream.on('close', () => (code = stream.rstCode ?? -1))))
  const { port, requests } = await front(upstream.port, http2)
  const stream = keep(http2Client(port)).request({ ':path': '/' })
  stream.on('error', () => {})
  await new Promise((resolve) => stream.once('ready', resolve))
  await expect.poll(() => upstream.sessions()).toBe(1)
  stream.close(8)
  await expect.poll(() => code).toBe(8)
  await expect.poll(() => requests.length).toBe(1)
})

const ok = Buffer.from([0x88])
const word = (value: number): Buffer => Buffer.from([0, 0, 0, value])

test('an upstream that resets is told as such, or breaks the answer off', async () => {
  let number = 0
  const upstream = keep(
    await rawHttp2Upstream((write, id) => {
      if (++number === 1) write(frame(3, 0, id, word(2)))
      else write(frame(1, 4, id, ok), frame(0, 0, id, 'half'), frame(3, 0, id, word(2)))
    }),
  )
  const { port, requests } = await front(upstream.port, http2)
  const session = keep(http2Client(port))
  const answer = await request(session, { ':path': '/' })
  expect(answer).toMatchObject({ headers: { ':status': 503 }, body: expect.stringContaining('reset reason: remote reset') })
  await expect(request(session, { ':path': '/' })).rejects.toThrow(/INTERNAL_ERROR/)
  expect(requests.map(({ details }) => details)).toEqual([
    'upstream_reset_before_response_started{remote_reset}',
    'upstream_reset_after_response_started{remote_reset}',
  ])
})

test('streams that a GOAWAY leaves out are sent elsewhere, the others end', async () => {
  const seen: string[] = []
  const upstream = keep(
    await rawHttp2Upstream((write, id, connection) => {
      seen.push(`${connection}:${id}`)
      if (connection > 1) write(frame(1, 5, id, ok))
      else if (id === 5) write(frame(7, 0, 0, Buffer.concat([word(1), word(0)])), frame(1, 5, 1, ok))
    }),
  )
  const { port, requests } = await front(upstream.port, http2)
  const session = keep(http2Client(port))
  const answers = await Promise.all(['/1', '/2', '/3'].map((path) => request(session, { ':path': path })))
  expect(answers.map(({ headers }) => headers[':status'])).toEqual([200, 200, 200])
  expect(seen.filter((line) => line.startsWith('2:'))).toHaveLength(2)
  expect(requests.map(({ attempts }) => attempts).toSorted((one, other) => one - other)).toEqual([1, 2, 2])
})

test('draining tells the client twice and lets the request end', async () => {
  let answer: (() => void) | undefined
  const upstream = keep(
    await http2Upstream((stream) => {
      answer = () => {
        stream.respond({ ':status': 200 })
        stream.end('whole')
      }
    }),
  )
  const { proxy, port } = await front(upstream.port, http2)
  const client = keep(new RawHttp2(port))
  client.begin(frame(1, 5, 1, block(get())))
  await expect.poll(() => answer).toBeDefined()
  const drained = proxy.drain({ deadlineMs: 5000 })
  await expect
    .poll(() => client.frames.filter(({ type }) => type === 7).map(({ payload }) => payload.readUInt32BE(0)))
    .toEqual([0x7fffffff])
  const ping = client.frames.find(({ type, flags }) => type === 6 && flags === 0)
  client.write(frame(6, 1, 0, ping?.payload ?? ''))
  await expect
    .poll(() => client.frames.filter(({ type }) => type === 7).map(({ payload }) => payload.readUInt32BE(0)))
    .toEqual([0x7fffffff, 1])
  answer?.()
  await expect.poll(() => client.outcome()).toBe('END')
  await expect.poll(() => client.ended).toBe(true)
  client.close()
  await drained
})

test('an idle connection is told goodbye once', async () => {
  const { proxy, port } = await front(await echo('h2'), http2)
  const session = http2Client(port)
  await request(session, { ':path': '/' })
  let code = -1
  session.on('goaway', (received) => (code = received))
  const closed = new Promise((resolve) => session.once('close', resolve))
  await proxy.drain({ deadlineMs: 5000 })
  await closed
  expect(code).toBe(0)
})

test('an upgrade goes through as extended CONNECT, and a plain answer to it opens no tunnel', async () => {
  const upstream = await http2Upstream(
    (stream, headers) => {
      if (headers[':path'] === '/no') {
        stream.respond({ ':status': 403 })
        stream.end('no')
        return
      }
      stream.respond({ ':status': 200, 'x-protocol': String(headers[':protocol']) })
      stream.on('data', (piece: Buffer) => stream.write(`echo ${piece.toString()}`))
      stream.on('end', () => stream.end())
    },
    { settings: { enableConnectProtocol: true } },
  )
  keep(upstream)
  const listener = httpListener([anyRoute(action('u'))], { upgradeTypes: ['websocket'] })
  const { port } = keep(await startProxy(config(listener, [staticCluster('u', [upstream.port], http2)])))
  const session = keep(http2Client(port))
  await new Promise((resolve) => session.once('remoteSettings', resolve))
  const tunnel = session.request(
    { ':method': 'CONNECT', ':protocol': 'websocket', ':scheme': 'http', ':path': '/', ':authority': 'a' },
    { endStream: false },
  )
  const head = new Promise<Record<string, unknown>>((resolve) => tunnel.once('response', (headers) => resolve(headers)))
  tunnel.write('one')
  expect(await head).toMatchObject({ ':status': 200, 'x-protocol': 'websocket' })
  const piece = await new Promise((resolve) => tunnel.once('data', (data: Buffer) => resolve(data.toString())))
  expect(piece).toBe('echo one')
  tunnel.end()
  await new Promise((resolve) => tunnel.once('close', resolve))
  const refused = session.request(
    { ':method': 'CONNECT', ':protocol': 'websocket', ':scheme': 'http', ':path': '/no', ':authority': 'a' },
    { endStream: false },
  )
  const answer = await new Promise<Record<string, unknown>>((resolve) => refused.once('response', (headers) => resolve(headers)))
  expect(answer).toMatchObject({ ':status': 403 })
  refused.close()
})

test('a WebSocket of HTTP/1.1 passes over HTTP/2 between two proxies and back', async () => {
  let asked = ''
  const app = keep(
    await rawUpstream((socket) => {
      socket.once('data', (head) => {
        asked = head.toString('latin1')
        socket.write(
          'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n',
        )
        socket.on('data', (data) => socket.write(`echo ${data.toString()}`))
        socket.on('end', () => socket.end())
      })
    }),
  )
  const upgrades = { upgradeTypes: ['websocket'] }
  const near = keep(await startProxy(config(httpListener([anyRoute(action('u'))], upgrades), [staticCluster('u', [app.port])])))
  const far = keep(await startProxy(config(httpListener([anyRoute(action('u'))], upgrades), [staticCluster('u', [near.port], http2)])))
  const key = 'dGhlIHNhbXBsZSBub25jZQ=='
  const opening = `GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n\r\n`
  const socket = connect(far.port, '127.0.0.1')
  keep({ close: () => socket.destroy() })
  let text = ''
  socket.on('data', (data) => (text += data.toString('latin1')))
  socket.write(opening)
  await expect.poll(() => text).toMatch(/^HTTP\/1\.1 101 .*\r\n\r\n$/s)
  expect(text.toLowerCase()).toContain('sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo=')
  expect(asked).toMatch(new RegExp(`^GET /chat HTTP/1\\.1\\r\\n(?=.*sec-websocket-key: ${key})`, 'is'))
  socket.write('one')
  await expect.poll(() => text).toMatch(/echo one$/)
  socket.end()
  await new Promise((resolve) => socket.once('close', resolve))
})

test('a server of HTTP/2 that does not answer the key of a WebSocket is answered for', async () => {
  const upstream = keep(await http2Upstream((stream) => stream.respond({ ':status': 200 }), { settings: { enableConnectProtocol: true } }))
  const { port } = keep(
    await startProxy(
      config(httpListener([anyRoute(action('u'))], { upgradeTypes: ['websocket'] }), [staticCluster('u', [upstream.port], http2)]),
    ),
  )
  const socket = connect(port, '127.0.0.1')
  keep({ close: () => socket.destroy() })
  socket.write(
    'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  )
  let text = ''
  socket.on('data', (data) => (text += data.toString('latin1')))
  // RFC 6455 section 1.3 has this pair.
  await expect.poll(() => text).toContain('sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=')
})

test('an upstream connection carries no more requests than its cluster allows', async () => {
  const upstream = keep(
    await http2Upstream((stream) => {
      stream.respond({ ':status': 200 })
      stream.end('x')
    }),
  )
  const { port } = await front(upstream.port, { http: { protocol: 'http2', maxRequestsPerConnection: 2 } })
  const session = keep(http2Client(port))
  for (let at = 0; at < 5; at++) expect((await request(session, { ':path': '/' })).body).toBe('x')
  expect(upstream.sessions()).toBe(3)
})

test('a configuration that takes the listener away lets open streams end', async () => {
  let answer: (() => void) | undefined
  const upstream = keep(
    await http2Upstream((stream) => {
      answer = () => {
        stream.respond({ ':status': 200 })
        stream.end('whole')
      }
    }),
  )
  const { proxy, port } = await front(upstream.port, http2)
  const session = keep(http2Client(port))
  let goAways = 0
  session.on('goaway', () => goAways++)
  const running = request(session, { ':path': '/' })
  await expect.poll(() => answer).toBeDefined()
  await proxy.apply(config(httpListener([anyRoute(action('other'))]), [staticCluster('u', [upstream.port], http2)]))
  await expect.poll(() => goAways).toBe(2)
  answer?.()
  expect((await running).body).toBe('whole')
})

test('CONNECT passes over HTTP/2 and ends where the route says so', async () => {
  const app = keep(
    await rawUpstream((socket) => {
      socket.on('data', (data) => socket.write(data.toString('latin1').toUpperCase()))
      socket.on('end', () => socket.end('bye'))
    }),
  )
  const connects = (terminatesConnect: boolean): Route => ({
    match: { path: { kind: 'connect' } },
    action: action('u', { upgrades: [{ type: 'CONNECT', terminatesConnect }] }),
  })
  const serve = async (terminates: boolean, port: number, more: Partial<Cluster>): Promise<number> =>
    keep(await startProxy(config(httpListener([connects(terminates)], { upgradeTypes: ['CONNECT'] }), [staticCluster('u', [port], more)])))
      .port
  const near = await serve(true, app.port, {})
  const far = await serve(false, near, http2)
  const tunnel = keep(http2Client(far)).request({ ':method': 'CONNECT', ':authority': 'db:5432' }, { endStream: false })
  let text = ''
  tunnel.on('data', (piece: Buffer) => (text += piece.toString('latin1')))
  const status = new Promise((resolve) => tunnel.once('response', (headers) => resolve(headers[':status'])))
  expect(await status).toBe(200)
  tunnel.write('hello')
  await expect.poll(() => text).toBe('HELLO')
  tunnel.end()
  await expect.poll(() => text).toBe('HELLObye')
  const refused = await request(keep(http2Client((await front(app.port)).port)), { ':method': 'CONNECT', ':authority': 'db:5432' })
  expect(refused.headers[':status']).toBe(405)
})
