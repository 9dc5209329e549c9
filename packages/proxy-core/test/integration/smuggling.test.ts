/** The rows of the lists that need a scripted peer: early answers, refused upgrades, half-read bodies. */
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { keepOpen } from '../keep-open.js'
import { action, anyRoute, config, exchange, httpListener, httpUpstream, rawUpstream, startProxy, staticCluster } from './harness.js'
import { http2Client, request } from './http2-peers.js'

const keep = keepOpen()

/** Answers the first bytes of each connection with `answer`, and records everything that comes. */
async function scripted(answer: string, more: Parameters<typeof httpListener>[1] = {}) {
  const seen: string[] = []
  const upstream = keep(
    await rawUpstream((socket) => {
      const index = seen.push('') - 1
      let answered = false
      socket.on('data', (data) => {
        seen[index] += data.toString('latin1')
        if (answered) return
        answered = true
        socket.write(answer)
      })
      socket.on('end', () => socket.end())
    }),
  )
  const front = keep(
    await startProxy(
      config(httpListener([anyRoute(action('u'))], { upgradeTypes: ['websocket'], ...more }), [staticCluster('u', [upstream.port])]),
    ),
  )
  return { front, seen }
}

const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n'

test('an early answer to an unfinished body ends both connections', async () => {
  const { front, seen } = await scripted('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
  const answer = await exchange(front.port, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nxxxx')
  expect(answer).toMatch(/^HTTP\/1\.1 200 OK[^]*ok$/)
  await expect.poll(() => front.proxy.stats().clusters[0]?.activeConnections).toBe(0)
  expect(await exchange(front.port, 'GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')).toMatch(/ok$/)
  expect(seen).toHaveLength(2)
  expect(seen[1]).toMatch(/^GET \/next /)
})

test('a body that was announced for 100-continue and refused is never read as a request', async () => {
  const { front, seen } = await scripted('HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n', { proxy100Continue: true })
  const answer = await new Promise<string>((resolve) => {
    let text = ''
    const socket = connect({ port: front.port, host: '127.0.0.1', allowHalfOpen: true }, () =>
      socket.write('POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 35\r\n\r\n'),
    )
    socket.on('data', (data) => {
      if (text === '') socket.write(smuggled)
      text += data.toString('latin1')
    })
    socket.on('error', () => {})
    socket.on('end', () => socket.end())
    socket.on('close', () => resolve(text))
  })
  expect(answer).toMatch(/^HTTP\/1\.1 417 /)
  expect(answer.match(/HTTP\/1\.1 /g)).toHaveLength(1)
  expect(seen.join('')).not.toContain('smuggled')
})

test('bytes after an upgrade that was refused are the next request, through policy', async () => {
  const { front, seen } = await scripted('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno')
  const answer = await exchange(
    front.port,
    `GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nGET /two HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
    {
      until: (text) => (text.match(/HTTP\/1\.1 /g) ?? []).length === 2,
    },
  )
  expect(answer.match(/HTTP\/1\.1 200 OK/g)?.length).toBeGreaterThanOrEqual(1)
  expect(front.requests.map(({ status }) => status)[0]).toBe(200)
  // Nothing of the second request went to the upstream before the first was answered.
  expect(seen[0]?.indexOf('GET /two')).not.toBe(seen[0]?.indexOf('\r\n\r\n'))
})

test('an upgrade type that is not configured is passed on as a plain request', async () => {
  const { front, seen } = await scripted('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
  await exchange(front.port, `GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, close\r\nUpgrade: foo\r\n\r\n`)
  expect(seen[0]).not.toMatch(/upgrade/i)
})

test('an answer with another protocol than asked for is refused', async () => {
  const { front } = await scripted('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: other\r\n\r\n')
  const answer = await exchange(front.port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n', {
    until: (text) => text.includes('\r\n\r\n'),
  })
  expect(answer).toMatch(/^HTTP\/1\.1 502 /)
})

test('an answer that nobody asked for closes the pooled connection', async () => {
  let served = 0
  const upstream = keep(
    await rawUpstream((socket) => {
      socket.on('data', () => {
        served++
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
        setImmediate(() => setImmediate(() => socket.write('HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n')))
      })
    }),
  )
  const front = keep(await startProxy(config(httpListener([anyRoute(action('u'))]), [staticCluster('u', [upstream.port])])))
  for (let round = 0; round < 10; round++) {
    expect(await exchange(front.port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 OK[^]*ok$/)
  }
  expect(served).toBeGreaterThanOrEqual(10)
})

test('a request half sent when its client vanishes is destroyed at the upstream, never completed', async () => {
  const { front, seen } = await scripted('')
  const socket = connect(front.port, '127.0.0.1', () => socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\npart'))
  await expect.poll(() => seen[0]).toMatch(/part$/)
  socket.resetAndDestroy()
  await expect.poll(() => front.proxy.stats().clusters[0]?.activeConnections).toBe(0)
  expect(front.proxy.stats().clusters[0]?.activeRequests).toBe(0)
})

test("bytes behind an answer without a body are nobody's answer, also when a request waits for the connection", async () => {
  const poisoned = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nPWNED!'
  const upstream = keep(
    await rawUpstream((socket) =>
      socket.on('data', (data) => {
        const isHead = data.toString('latin1').startsWith('HEAD ')
        socket.write(
          isHead ? `HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n${poisoned}` : 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nsound',
        )
      }),
    ),
  )
  const cluster = staticCluster('u', [upstream.port], { circuitBreakers: { maxConnections: 1 } })
  const front = keep(await startProxy(config(httpListener([anyRoute(action('u'))]), [cluster])))
  const [, answer] = await Promise.all([
    exchange(front.port, 'HEAD /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'),
    exchange(front.port, 'GET /b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'),
  ])
  expect(answer).toMatch(/sound$/)
  expect(answer).not.toContain('PWNED')
})

test('an upgrade that is not allowed, h2c with a body too, is a plain request with its deadline', async () => {
  const { front, seen } = await scripted('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
  const upgrade = 'Connection: close, Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n'
  const answer = await exchange(front.port, `POST / HTTP/1.1\r\nHost: a\r\n${upgrade}Content-Length: 3\r\n\r\nabc`)
  expect(answer).toMatch(/^HTTP\/1\.1 200 OK[^]*ok$/)
  expect(seen[0]).toMatch(/abc$/)
  expect(seen[0]?.toLowerCase()).not.toContain('upgrade')

  const silent = await rawUpstream(() => {})
  keep(silent)
  const slow = keep(await startProxy(config(httpListener([anyRoute(action('u', { timeoutMs: 50 }))]), [staticCluster('u', [silent.port])])))
  expect(await exchange(slow.port, `GET / HTTP/1.1\r\nHost: a\r\n${upgrade}\r\n`)).toMatch(/^HTTP\/1\.1 504 /)
})

test('HTTP/2 is held to the same routes as HTTP/1.1', async () => {
  const upstream = keep(await httpUpstream((_, response) => response.end('reached')))
  const guarded = anyRoute(action('u'), { match: { path: { kind: 'prefix', value: '/public' } } })
  const front = keep(await startProxy(config(httpListener([guarded]), [staticCluster('u', [upstream.port])])))
  const session = keep(http2Client(front.port))
  expect((await request(session, { ':path': '/public' })).body).toBe('reached')
  expect((await request(session, { ':path': '/private' })).headers[':status']).toBe(404)
})

test('HTTP/1.0 without a host is refused, unless the configuration names one', async () => {
  const { front } = await scripted('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
  expect(await exchange(front.port, 'GET / HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /)
  const named = await scripted('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', {
    httpProtocolOptions: { defaultHostForHttp10: 'old.example' },
  })
  expect(await exchange(named.front.port, 'GET / HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 /)
  expect(named.seen[0]?.toLowerCase()).toContain('host: old.example')
})
