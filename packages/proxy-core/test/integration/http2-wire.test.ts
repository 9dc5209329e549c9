/** HTTP/2 on the wire, byte by byte, where it takes a clock, an upstream or a second look; what frames alone decide is in `wire/http2-rows.ts`. */
import { describe, expect, test } from 'vitest'
import { createFakeClock } from '@heddle/base/testing'
import type { HttpConnectionManager } from '@heddle/routing'
import { keepOpen } from '../keep-open.js'
import { action, anyRoute, config, exchange, httpListener, rawUpstream, startProxy, staticCluster } from './harness.js'
import { type Fields, headers, instead, literal, many, oddId, u32, without } from './http2-bytes.js'
import { block, frame, get, preface, RawHttp2 } from './http2-peers.js'

const keep = keepOpen()

/** An HTTP/1.1 upstream that records raw bytes and answers each request with 200. */
async function stage(more: Partial<HttpConnectionManager> = {}, deps: Parameters<typeof startProxy>[1] = {}) {
  const seen: string[] = []
  const upstream = keep(
    await rawUpstream((socket) => {
      const index = seen.push('') - 1
      socket.on('data', (data) => {
        seen[index] += data.toString('latin1')
        if (!(seen[index] as string).includes('\r\n\r\n')) return
        if (!(seen[index] as string).includes('/never')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi')
      })
      socket.on('error', () => {})
    }),
  )
  const front = keep(await startProxy(config(httpListener([anyRoute(action('u'))], more), [staticCluster('u', [upstream.port])]), deps))
  const client = keep(new RawHttp2(front.port))
  return { client, seen, front, upstream }
}

describe('floods', () => {
  test('PING whose answers are not read', async () => {
    const { client } = await stage()
    client.socket.pause()
    client.begin(many(200_000, () => frame(6, 0, 0, Buffer.alloc(8))))
    await expect.poll(() => client.socket.destroyed || client.socket.readyState !== 'open', { timeout: 10_000 }).toBe(true)
  })

  test('streams above what was offered are refused, the others served', async () => {
    const { client } = await stage({ useRemoteAddress: true })
    client.begin(many(150, (at) => headers(oddId(at), get('/never'))))
    await expect.poll(() => client.frames.filter(({ type, payload }) => type === 3 && payload.readUInt32BE(0) === 7).length).toBe(50)
  })

  test('one byte at a time is no flood', async () => {
    const { client, seen } = await stage()
    client.begin(
      headers(
        1,
        [...get('/up')].map(([name, value]) => [name, name === ':method' ? 'POST' : value] as const),
        4,
      ),
      many(2000, () => frame(0, 0, 1, 'x')),
      frame(0, 1, 1),
    )
    await expect.poll(() => client.outcome()).toBe('END')
    expect(seen.join('')).toContain('transfer-encoding: chunked')
  })
})

describe('time limits', () => {
  test('SETTINGS that are not acknowledged end the connection after 10 s', async () => {
    const clock = createFakeClock()
    const { client } = await stage({}, { clock })
    client.begin()
    await expect.poll(() => client.frames.length).toBeGreaterThan(1)
    clock.advance(10_000)
    await expect.poll(() => client.outcome(0)).toBe('GOAWAY 4')
  })

  test('a header block that does not end', async () => {
    const clock = createFakeClock()
    const { client } = await stage({}, { clock })
    client.begin(frame(4, 1, 0), frame(1, 1, 1, block(get())))
    await expect.poll(() => client.frames.length).toBeGreaterThan(2)
    clock.advance(15_000)
    await expect.poll(() => client.outcome(0)).toBe('GOAWAY 11')
  })

  test('an answer that nobody takes ends with the idle time of streams', async () => {
    const clock = createFakeClock()
    const big = keep(
      await rawUpstream((socket) => {
        socket.on('data', () => socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n${'x'.repeat(1_000_000)}`))
        socket.on('error', () => {})
      }),
    )
    const listener = httpListener([anyRoute(action('u'))], { streamIdleTimeoutMs: 60_000 })
    const front = keep(await startProxy(config(listener, [staticCluster('u', [big.port])]), { clock }))
    const client = keep(new RawHttp2(front.port))
    client.begin(frame(4, 0, 0, Buffer.concat([Buffer.from([0, 4]), u32(0)])), frame(4, 1, 0), headers(1))
    await expect.poll(() => client.frames.some(({ type }) => type === 1)).toBe(true)
    for (let second = 0; second < 90; second += 5) {
      client.write(frame(8, 0, 1, u32(1)))
      const { length } = client.frames
      clock.advance(5000)
      await expect.poll(() => client.frames.length > length || client.outcome() !== '').toBe(true)
      if (client.outcome() !== '') break
    }
    expect(client.outcome()).toBe('RST 8')
  })

  test('a preface that does not end', async () => {
    const clock = createFakeClock()
    const { client } = await stage({}, { clock })
    client.write(preface.slice(0, 10))
    await expect.poll(() => clock.pendingTimers()).toBeGreaterThan(0)
    await expect.poll(() => (clock.advance(1000), client.ended)).toBe(true)
  })
})

const base = block(get())

test('what was marked as never to be indexed stays so', async () => {
  const { http2Upstream } = await import('./http2-peers.js')
  const secrets: string[] = []
  const upstream = keep(
    await http2Upstream((stream, received) => {
      secrets.push(...((received as never)[Object.getOwnPropertySymbols(received)[0] as never] as string[]))
      stream.respond({ ':status': 200 }, { endStream: true })
    }),
  )
  const cluster = staticCluster('u', [upstream.port], { http: { protocol: 'http2' } })
  const front = keep(await startProxy(config(httpListener([anyRoute(action('u'))]), [cluster])))
  const client = keep(new RawHttp2(front.port))
  const secret = Buffer.concat([Buffer.from([0x10]), literal('x-token', 'abc').subarray(1)])
  client.begin(frame(1, 5, 1, Buffer.concat([base, secret, literal('authorization', 'Basic eA==')])))
  await expect.poll(() => client.outcome()).toBe('END')
  expect(secrets).toEqual(['x-token', 'authorization'])
  const crumb = (name: string, value: string): Buffer => Buffer.concat([Buffer.from([0x10]), literal(name, value).subarray(1)])
  client.write(frame(1, 5, 3, Buffer.concat([base, literal('cookie', 'a=1'), crumb('cookie', 'b=2')])))
  await expect.poll(() => client.outcome(3)).toBe('END')
  expect(secrets.slice(2)).toEqual(['cookie'])
})

describe('frames', () => {
  test('a preface that goes wrong is answered as HTTP/1.1, or not at all', async () => {
    const { front } = await stage()
    expect(await exchange(front.port, 'PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 |^$/)
  })

  test('a port that speaks HTTP/2 only ends what is none', async () => {
    const { front } = await stage({ codecType: 'HTTP2' })
    const client = keep(new RawHttp2(front.port))
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await expect.poll(() => client.outcome(0)).toMatch(/GOAWAY 1|CLOSED/)
    await expect.poll(() => client.ended).toBe(true)
  })

  test('GOAWAY of a client lets its streams end', async () => {
    const { client } = await stage()
    client.begin(headers(1), frame(7, 0, 0, Buffer.concat([u32(0), u32(0)])))
    await expect.poll(() => client.outcome()).toBe('END')
  })
})

describe('the step down to HTTP/1.1', () => {
  const sent = async (fields: Fields, ...more: Buffer[]): Promise<string> => {
    const { client, seen } = await stage()
    client.begin(headers(1, fields, more.length > 0 ? 4 : 5), ...more)
    await expect.poll(() => client.outcome()).toBe('END')
    expect(seen).toHaveLength(1)
    return seen[0] as string
  }

  test('a body without a length becomes chunked', async () => {
    const text = await sent(instead(':method', 'POST'), frame(0, 1, 1, 'body'))
    expect(text).toContain('transfer-encoding: chunked\r\n')
    expect(text).toMatch(/\r\n4\r\nbody\r\n0\r\n\r\n$/)
  })

  test('a cookie in pieces becomes one, and te: trailers passes', async () => {
    const text = await sent(
      get('/', [
        ['cookie', 'a=1'],
        ['x', '\x80\xff'],
        ['cookie', 'b=2'],
        ['te', 'trailers'],
        ['cookie', 'c=3'],
        ['__proto__', 'x'],
      ]),
    )
    expect(text).toContain('cookie: a=1; b=2; c=3\r\n')
    expect(text.match(/cookie/g)).toHaveLength(1)
    expect(text).toContain('x: \x80\xff\r\n')
    expect(text).toContain('__proto__: x\r\n')
    expect(text).toMatch(/^GET \/ HTTP\/1\.1\r\nhost: a\r\n/)
  })

  test('one host without an authority is as good', async () => {
    expect(await sent([...without(':authority'), ['host', 'b']])).toContain('host: b\r\n')
  })
})

test('an upgrade that an HTTP/1.1 upstream answers with 200 opens no tunnel', async () => {
  const { client, seen } = await stage({ upgradeTypes: ['websocket'] })
  client.begin(
    headers(
      1,
      [
        [':method', 'CONNECT'],
        [':protocol', 'websocket'],
        [':scheme', 'http'],
        [':path', '/chat'],
        [':authority', 'a'],
      ],
      4,
    ),
  )
  await expect.poll(() => client.outcome()).toMatch(/END|RST/)
  expect(seen[0]).toMatch(/upgrade: websocket\r\n/)
  expect(client.frames.find(({ type }) => type === 1)?.payload.toString('latin1')).toMatch(/502/)
})
