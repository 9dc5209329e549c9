import { request } from 'node:http'
import { connect } from 'node:net'
import { createSeededRandom } from '@heddle/base/testing'
import { expect, test, vi } from 'vitest'
import type { Route } from '@heddle/routing'
import { responseFlagBits as flag, type RequestRecord } from '@heddle/proxy-core'
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

async function echoProxy(): Promise<{ readonly front: TestProxy; readonly upstream: Upstream }> {
  const upstream = keep(
    await httpUpstream((incoming, outgoing) => {
      const chunks: Buffer[] = []
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
      incoming.on('end', () => {
        outgoing.setHeader('x-saw', JSON.stringify({ method: incoming.method, url: incoming.url, headers: incoming.rawHeaders }))
        outgoing.end(Buffer.concat(chunks))
      })
    }),
  )
  const front = keep(await startProxy(config(httpListener([anyRoute(action('echo'))]), [staticCluster('echo', [upstream.port])])))
  return { front, upstream }
}

test('a request goes to the upstream and its answer comes back', async () => {
  const { front } = await echoProxy()
  const answer = await exchange(front.port, 'POST /a?b=c HTTP/1.1\r\nHost: example\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello')
  expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
  expect(answer.endsWith('\r\n\r\nhello')).toBe(true)
  expect(answer).toContain('server: istio-envoy\r\n')
  expect(front.requests).toEqual([expect.objectContaining({ status: 200, flags: 0, details: 'via_upstream', cluster: 'echo' })])
})

test('keep-alive carries many requests on one connection and one upstream connection', async () => {
  const { front, upstream } = await echoProxy()
  let connections = 0
  upstream.server.on('connection', () => connections++)
  const one = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
  const answer = await exchange(front.port, `${one}${one}GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
  expect(answer.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(3)
  expect(connections).toBe(1)
})

test('a large chunked upload comes back byte for byte', async () => {
  const { front } = await echoProxy()
  const body = Buffer.alloc(5_000_000, 'heddle-')
  const answer = await new Promise<Buffer>((resolve, reject) => {
    const outgoing = request({ port: front.port, host: '127.0.0.1', method: 'POST', path: '/' }, (incoming) => {
      const chunks: Buffer[] = []
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
      incoming.on('end', () => resolve(Buffer.concat(chunks)))
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
  expect(answer.equals(body)).toBe(true)
})

test('a refused connection answers 503 UF with the reason', async () => {
  const closed = await rawUpstream(() => {})
  closed.close()
  const front = keep(await startProxy(config(httpListener([anyRoute(action('gone'))]), [staticCluster('gone', [closed.port])])))
  const answer = await exchange(front.port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  expect(answer).toMatch(/^HTTP\/1\.1 503 Service Unavailable/)
  expect(answer).toContain('upstream connect error or disconnect/reset before headers')
  expect(front.requests[0]).toMatchObject({ status: 503, flags: flag.UF })
})

test('no route, no cluster and no endpoint are told apart', async () => {
  const routes = [
    { match: { path: { kind: 'prefix', value: '/nc' } }, action: action('nowhere') },
    { match: { path: { kind: 'prefix', value: '/uh' } }, action: action('empty') },
  ] as const
  const front = keep(await startProxy(config(httpListener(routes), [staticCluster('empty', [])])))
  const get = (path: string): Promise<string> => exchange(front.port, `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
  expect(await get('/x')).toMatch(/^HTTP\/1\.1 404 /)
  expect(await get('/nc')).toMatch(/^HTTP\/1\.1 503 /)
  expect(await get('/uh')).toMatch(/no healthy upstream$/)
  expect(front.requests.map(({ flags }) => flags)).toEqual([flag.NR, flag.NC, flag.UH])
})

test('a retry goes to another endpoint', async () => {
  const closed = await rawUpstream(() => {})
  closed.close()
  const good = keep(await httpUpstream((_, outgoing) => void outgoing.end('good')))
  const retry = { retryOn: 'connect-failure', numRetries: 2, previousHosts: true, hostSelectionRetryMaxAttempts: 5 }
  const front = keep(
    await startProxy(
      config(httpListener([anyRoute(action('both', { retryPolicy: retry }))]), [staticCluster('both', [closed.port, good.port])]),
    ),
  )
  for (let round = 0; round < 4; round++) {
    expect(await exchange(front.port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')).toMatch(/good$/)
  }
  expect(front.requests.some(({ attempts }) => attempts === 2)).toBe(true)
})

test('a retry reaches the endpoint that lives even if least request likes the idle dead one better', async () => {
  const closed = await rawUpstream(() => {})
  closed.close()
  // Its first request is never answered, so that this endpoint is always the busier one.
  let answered = 0
  const good = keep(await httpUpstream((_, outgoing) => answered++ > 0 && outgoing.end('good')))
  const retry = { retryOn: 'connect-failure', numRetries: 1, previousHosts: true, hostSelectionRetryMaxAttempts: 5 }
  const cluster = staticCluster('both', [closed.port, good.port], { lbPolicy: 'LEAST_REQUEST' })
  const front = keep(
    await startProxy(config(httpListener([anyRoute(action('both', { retryPolicy: retry }))]), [cluster]), {
      random: createSeededRandom(3),
    }),
  )
  const ask = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
  const busy = connect(front.port, '127.0.0.1').on('error', () => {})
  keep({ close: () => busy.destroy() })
  busy.write(ask)
  await vi.waitUntil(() => answered > 0)
  for (let round = 0; round < 60; round++) expect(await exchange(front.port, ask)).toMatch(/good$/)
})

test('a client that has said all before its tunnel starts ends its side of the tunnel too', async () => {
  const heard: string[] = []
  const upstream = keep(
    await rawUpstream((socket) => {
      socket.on('end', () => socket.end(`heard ${heard.join('')}`))
      socket.once('data', () => {
        socket.on('data', (data) => heard.push(data.toString()))
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
      })
    }),
  )
  const front = keep(
    await startProxy(
      config(httpListener([anyRoute(action('ws'))], { upgradeTypes: ['websocket'] }), [staticCluster('ws', [upstream.port])]),
    ),
  )
  const bytes = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nlast words'
  expect(await exchange(front.port, bytes, { end: true })).toMatch(/^HTTP\/1\.1 101 .*heard last words$/s)
})

test('a WebSocket upgrade passes bytes both ways', async () => {
  const upstream = keep(
    await rawUpstream((socket) => {
      let seen = ''
      socket.on('data', (data) => {
        seen += data.toString('latin1')
        if (seen.endsWith('\r\n\r\n'))
          socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nfirst')
        else if (seen.endsWith('ping')) socket.end('pong')
      })
      socket.on('end', () => socket.end())
    }),
  )
  const front = keep(
    await startProxy(
      config(httpListener([anyRoute(action('ws'))], { upgradeTypes: ['websocket'] }), [staticCluster('ws', [upstream.port])]),
    ),
  )
  const answer = await new Promise<string>((resolve) => {
    let text = ''
    const socket = connect(front.port, '127.0.0.1', () =>
      socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'),
    )
    socket.on('data', (data) => {
      text += data.toString('latin1')
      if (text.endsWith('first')) socket.write('ping')
    })
    socket.on('close', () => resolve(text))
  })
  expect(answer).toMatch(/^HTTP\/1\.1 101 Switching Protocols\r\n/)
  expect(answer).toMatch(/firstpong$/)
})

test('an answer of its own without a body announces and counts none', async () => {
  const reply = (status: number): Route['action'] => ({ kind: 'direct-response', status, body: { text: 'hello' } })
  const bytes: number[] = []
  const telemetry = { onRequestComplete: (record: RequestRecord) => void bytes.push(record.bytesSent), onConnectionComplete: () => {} }
  const ask = async (status: number, method: string): Promise<string> => {
    const proxy = keep(await startProxy(config(httpListener([anyRoute(reply(status))]), []), { telemetry }))
    return exchange(proxy.port, `${method} / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
  }
  expect(await ask(200, 'HEAD')).toMatch(/content-length: 5\r\n(?:[^\r]+\r\n)*\r\n$/)
  expect(await ask(204, 'GET')).not.toMatch(/content-length|hello/)
  expect(bytes).toEqual([0, 0])
})
