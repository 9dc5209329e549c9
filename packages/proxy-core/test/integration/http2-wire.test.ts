/** HTTP/2 on the wire, byte by byte: floods, header blocks, frames and messages that must not pass, whatever a peer sends. */
import { describe, expect, test } from 'vitest'
import { createFakeClock } from '@heddle/base/testing'
import type { HttpConnectionManager } from '@heddle/routing'
import { responseFlagBits as flag } from '@heddle/proxy-core'
import { keepOpen } from '../keep-open.js'
import { action, anyRoute, config, exchange, httpListener, rawUpstream, startProxy, staticCluster } from './harness.js'
import { block, frame, get, preface, RawHttp2, rawHttp2Upstream } from './http2-peers.js'

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

const id = (value: number): Buffer => Buffer.from([value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255])
const headers = (streamId: number, fields = get(), flags = 5): Buffer => frame(1, flags, streamId, block(fields))
const many = (count: number, make: (at: number) => Buffer): Buffer => Buffer.concat(Array.from({ length: count }, (_, at) => make(at)))
const oddIds = (at: number): number => at * 2 + 1

describe('floods end the connection', () => {
  test.each<[string, () => Buffer, RegExp]>([
    [
      'streams that are reset at once',
      () => many(12_000, (at) => Buffer.concat([headers(oddIds(at)), frame(3, 0, oddIds(at), id(8))])),
      /GOAWAY 11/,
    ],
    [
      'windows of 0',
      () => many(12_000, (at) => Buffer.concat([headers(oddIds(at), get('/never')), frame(8, 0, oddIds(at), id(0))])),
      /GOAWAY 11|RST 1/,
    ],
    [
      'CONTINUATION without an end',
      () => Buffer.concat([frame(1, 1, 1, block(get())), many(2000, () => frame(9, 0, 1, block([['x', 'y']])))]),
      /GOAWAY 11/,
    ],
    ['empty CONTINUATION', () => Buffer.concat([frame(1, 1, 1, block(get())), many(2000, () => frame(9, 0, 1))]), /GOAWAY 11/],
    ['empty DATA', () => Buffer.concat([headers(1, get('/never'), 4), many(2000, () => frame(0, 0, 1))]), /GOAWAY 11/],
    [
      'padding without data',
      () =>
        Buffer.concat([
          headers(1, get('/never'), 4),
          many(2000, () => frame(0, 8, 1, Buffer.concat([Buffer.from([255]), Buffer.alloc(255)]))),
        ]),
      /GOAWAY 11/,
    ],
    ['PRIORITY', () => many(20_000, (at) => frame(2, 0, oddIds(at), Buffer.concat([id(0), Buffer.from([1])]))), /GOAWAY 11/],
    [
      'SETTINGS',
      () => many(40_000, (at) => frame(4, 0, 0, Buffer.concat([Buffer.from([0, 1]), id(at % 2 === 0 ? 0 : 4096)]))),
      /GOAWAY 11/,
    ],
    ['WINDOW_UPDATE', () => many(2000, () => frame(8, 0, 0, id(1))), /GOAWAY 11/],
    ['a window beyond 2^31 - 1', () => frame(8, 0, 0, id(0x7fffffff)), /GOAWAY 3/],
    ['more streams than offered, without end', () => many(3000, (at) => headers(oddIds(at), get('/never'))), /GOAWAY 11/],
  ])('%s', async (_, frames, want) => {
    const { client } = await stage()
    client.begin(frames())
    await expect.poll(() => client.outcome(0) || client.outcome(1), { timeout: 5000 }).toMatch(want)
  })

  test('PING whose answers are not read', async () => {
    const { client } = await stage()
    client.socket.pause()
    client.begin(many(200_000, () => frame(6, 0, 0, Buffer.alloc(8))))
    await expect.poll(() => client.socket.destroyed || client.socket.readyState !== 'open', { timeout: 10_000 }).toBe(true)
  })

  test('streams above what was offered are refused, the others served', async () => {
    const { client } = await stage({ useRemoteAddress: true })
    client.begin(many(150, (at) => headers(oddIds(at), get('/never'))))
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
    client.begin(frame(4, 0, 0, Buffer.concat([Buffer.from([0, 4]), id(0)])), frame(4, 1, 0), headers(1))
    await expect.poll(() => client.frames.some(({ type }) => type === 1)).toBe(true)
    for (let second = 0; second < 90; second += 5) {
      client.write(frame(8, 0, 1, id(1)))
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

const literal = (name: string, value: string): Buffer => block([[name, value]])
const base = block(get())

describe('header blocks', () => {
  test.each<[string, Buffer, RegExp]>([
    ['a table larger than offered', Buffer.concat([Buffer.from('3fe21f', 'hex'), base]), /GOAWAY 9/],
    ['a change of the table behind a field', Buffer.concat([base, Buffer.from('20', 'hex')]), /GOAWAY 9/],
    ['index 0', Buffer.concat([base, Buffer.from('80', 'hex')]), /GOAWAY 9/],
    ['an index beyond the tables', Buffer.concat([base, Buffer.from('ff49', 'hex')]), /GOAWAY 9/],
    ['a number without end', Buffer.concat([base, Buffer.from('ff'.repeat(12), 'hex')]), /GOAWAY 9/],
    ['a string longer than the frame', Buffer.concat([base, Buffer.from('000a6162', 'hex')]), /GOAWAY 9/],
    ['EOS within a string', Buffer.concat([base, Buffer.from('00017884ffffffff', 'hex')]), /GOAWAY 9/],
    ['more fields than allowed', Buffer.concat([base, ...Array.from({ length: 1000 }, () => literal('cookie', 'a'))]), /RST 11/],
    // One entry of 4 KB, referred to again and again.
    ['a bomb', Buffer.concat([base, Buffer.from('4001787fa11e', 'hex'), Buffer.alloc(4000, 'y'), Buffer.alloc(2000, 0xbe)]), /RST 11/],
  ])('%s', async (_, bytes, want) => {
    const { client, seen } = await stage()
    client.begin(frame(1, 5, 1, bytes))
    await expect.poll(() => client.outcome()).toMatch(want)
    expect(seen).toEqual([])
  })

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
})

describe('frames', () => {
  test.each<[string, Buffer, RegExp]>([
    ['HEADERS on an even stream', headers(2), /GOAWAY 1/],
    ['DATA on an idle stream', frame(0, 0, 1, 'x'), /GOAWAY 1/],
    ['RST_STREAM on an idle stream', frame(3, 0, 1, id(8)), /GOAWAY 1/],
    ['WINDOW_UPDATE on an idle stream', frame(8, 0, 1, id(1)), /GOAWAY 1/],
    ['a frame of 16,385 bytes', frame(0, 0, 1, Buffer.alloc(16_385)), /GOAWAY 6/],
    ['HEADERS that depend on themselves', frame(1, 0x25, 1, Buffer.concat([id(1), Buffer.from([0]), base])), /RST 1/],
    ['PUSH_PROMISE', frame(5, 4, 1, Buffer.concat([id(2), base])), /GOAWAY 1/],
  ])('%s', async (_, bytes, want) => {
    const { client, seen } = await stage()
    client.begin(bytes)
    await expect.poll(() => client.outcome()).toMatch(want)
    expect(seen).toEqual([])
  })

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
    client.begin(headers(1), frame(7, 0, 0, Buffer.concat([id(0), id(0)])))
    await expect.poll(() => client.outcome()).toBe('END')
  })
})

const without = (name: string): readonly (readonly [string, string])[] => get().filter(([known]) => known !== name)
const instead = (name: string, value: string): readonly (readonly [string, string])[] =>
  get().map(([known, before]) => [known, known === name ? value : before] as const)

describe('messages that are refused before the upstream hears of them', () => {
  test.each<[string, readonly (readonly [string, string])[]]>([
    ...['connection: close', 'keep-alive: 1', 'proxy-connection: x', 'upgrade: h2c', 'transfer-encoding: chunked', 'te: gzip'].map(
      (field) => [field, get('/', [field.split(': ') as [string, string]])] as [string, readonly (readonly [string, string])[]],
    ),
    ['a content-length without a body', get('/', [['content-length', '5']])],
    ['content-length: +0', get('/', [['content-length', '+0']])],
    ['content-length: abc', get('/', [['content-length', 'abc']])],
    ['content-length empty', get('/', [['content-length', '']])],
    [
      'two lengths',
      get('/', [
        ['content-length', '0'],
        ['content-length', '0'],
      ]),
    ],
    ['a value with CR LF', get('/', [['x', 'a\r\ny: z']])],
    ['a value with CR', get('/', [['x', 'a\rb']])],
    ['a value with LF', get('/', [['x', 'a\nb']])],
    ['a value with NUL', get('/', [['x', 'a\0b']])],
    ['a value with a control', get('/', [['x', 'a\x01b']])],
    ['a value with a blank at its end', get('/', [['x', 'a ']])],
    ['a name with a colon', get('/', [['x:y', '1']])],
    ['a name with a blank', get('/', [['x y', '1']])],
    ['a name with CR LF', get('/', [['x\r\ny', '1']])],
    ['an empty name', get('/', [['', '1']])],
    ['a name with obs-text', get('/', [['\xef', '1']])],
    ['a name with a capital', get('/', [['X-Y', '1']])],
    ...['', 'hello', '/a b', '/ HTTP/1.1\r\nX: y', '/\0', '*', 'http://evil/', '/a#b', '/\xc3\xa9'].map(
      (path) => [`the path ${JSON.stringify(path)}`, get(path)] as [string, readonly (readonly [string, string])[]],
    ),
    ...['', 'a b', 'a/x', 'a\r\nx: y', 'u@a', 'a,b'].map(
      (name) => [`the authority ${JSON.stringify(name)}`, instead(':authority', name)] as [string, readonly (readonly [string, string])[]],
    ),
    ['a host that differs', get('/', [['host', 'evil']])],
    ['two hosts', [...without(':authority'), ['host', 'a'], ['host', 'a']]],
    ['no method', without(':method')],
    ['no path', without(':path')],
    ['no scheme', without(':scheme')],
    ['no authority and no host', without(':authority')],
    ['a pseudo field twice', [...get(), [':path', '/']]],
    ['a pseudo field behind others', [['x', 'y'], ...get()]],
    ['an unknown pseudo field', [[':x', 'y'], ...get()]],
    [':status', [[':status', '200'], ...get()]],
    ['a method in small letters', instead(':method', 'get')],
    ['TRACE', instead(':method', 'TRACE')],
    [
      'CONNECT without a port',
      [
        [':method', 'CONNECT'],
        [':authority', 'a'],
      ],
    ],
  ])('%s', async (_, fields) => {
    const { client, seen } = await stage()
    client.begin(headers(1, fields))
    await expect.poll(() => client.outcome()).toMatch(/RST 1$|END/)
    const answered = client.frames.find(({ type }) => type === 1)
    if (client.outcome() === 'END') expect(answered?.payload.toString('latin1')).not.toMatch(/^\x88/)
    expect(seen).toEqual([])
    expect(client.ended).toBe(false)
  })

  test.each([
    ['a body shorter than its length', '10', 'hello'],
    ['a body longer than its length', '3', 'hello'],
  ])('%s', async (_, length, body) => {
    const { client } = await stage()
    client.begin(headers(1, [...instead(':method', 'POST'), ['content-length', length]], 4), frame(0, 1, 1, body))
    await expect.poll(() => client.outcome()).toBe('RST 1')
  })

  test.each<[string, readonly (readonly [string, string])[]]>([
    ['a pseudo field', [[':path', '/']]],
    ['a length', [['content-length', '1']]],
    ['te', [['te', 'trailers']]],
  ])('trailers with %s', async (_, fields) => {
    const { client } = await stage()
    client.begin(headers(1, instead(':method', 'POST'), 4), frame(0, 0, 1, 'x'), headers(1, fields))
    await expect.poll(() => client.outcome()).toBe('RST 1')
  })
})

describe('the step down to HTTP/1.1', () => {
  const sent = async (fields: readonly (readonly [string, string])[], ...more: Buffer[]): Promise<string> => {
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

describe('answers of an upstream that are not passed on', () => {
  const status = (code: string): Buffer => literal(':status', code)
  const ok = Buffer.from([0x88])

  async function answered(answer: (write: (...frames: Buffer[]) => void, streamId: number) => void) {
    const upstream = keep(await rawHttp2Upstream((write, streamId) => answer(write, streamId)))
    const cluster = staticCluster('u', [upstream.port], { http: { protocol: 'http2' } })
    const front = keep(await startProxy(config(httpListener([anyRoute(action('u'))]), [cluster])))
    const client = keep(new RawHttp2(front.port))
    client.begin(headers(1))
    await expect.poll(() => client.outcome()).not.toBe('')
    await expect.poll(() => front.requests.length).toBe(1)
    return { client, record: front.requests[0] }
  }

  test.each<[string, (streamId: number) => Buffer[]]>([
    ['a push', (streamId) => [frame(5, 4, streamId, Buffer.concat([id(2), base]))]],
    ['no status', (streamId) => [frame(1, 5, streamId, literal('x', 'y'))]],
    ['a status twice', (streamId) => [frame(1, 5, streamId, Buffer.concat([ok, ok]))]],
    ['a status that is none', (streamId) => [frame(1, 5, streamId, status('20'))]],
    ['101', (streamId) => [frame(1, 4, streamId, status('101'))]],
    ['interim answers without end', (streamId) => [many(1000, () => frame(1, 4, streamId, status('103')))]],
    ['a field of the connection', (streamId) => [frame(1, 5, streamId, Buffer.concat([ok, literal('connection', 'close')]))]],
    ['a value with CR LF', (streamId) => [frame(1, 5, streamId, Buffer.concat([ok, literal('x', 'a\r\ny: z')]))]],
    ['a length without a body', (streamId) => [frame(1, 5, streamId, Buffer.concat([ok, literal('content-length', '5')]))]],
    ['DATA before the head', (streamId) => [frame(0, 0, streamId, 'x')]],
    [
      'more fields than allowed',
      (streamId) => [frame(1, 5, streamId, Buffer.concat([ok, ...Array.from({ length: 300 }, () => literal('x', 'y'))]))],
    ],
    ['a frame that is too long', (streamId) => [frame(0, 0, streamId, Buffer.alloc(16_385))]],
    ['a block that cannot be read', (streamId) => [frame(1, 5, streamId, Buffer.from([0x80]))]],
  ])('%s is a 502', async (_, frames) => {
    const { record } = await answered((write, streamId) => write(...frames(streamId)))
    expect(record).toMatchObject({ status: 502, flags: flag.UPE })
  })

  test.each<[string, (streamId: number) => Buffer[]]>([
    ['a reset', (streamId) => [frame(3, 0, streamId, id(2))]],
    ['a body longer than its length', (streamId) => [frame(0, 1, streamId, 'hello')]],
    ['a body shorter than its length', (streamId) => [frame(0, 1, streamId, 'h')]],
    ['trailers with a pseudo field', (streamId) => [frame(0, 0, streamId, 'hi'), frame(1, 5, streamId, status('200'))]],
  ])('%s behind the head cuts the answer', async (_, frames) => {
    const { client } = await answered((write, streamId) =>
      write(frame(1, 4, streamId, Buffer.concat([ok, literal('content-length', '2')])), ...frames(streamId)),
    )
    expect(client.outcome()).toBe('RST 2')
  })

  test('a body behind 204 cuts the answer, and none that goes on is waited for', async () => {
    const { client } = await answered((write, streamId) =>
      write(frame(1, 4, streamId, status('204')), frame(0, 0, streamId, ''), frame(0, 0, streamId, 'x')),
    )
    expect(client.outcome()).toBe('RST 2')
  })
})

test('SETTINGS are acknowledged before what they let through', async () => {
  const upstream = keep(
    await rawHttp2Upstream((write, streamId) => write(frame(1, 4, streamId, Buffer.from([0x88])), frame(0, 1, streamId, 'hello'))),
  )
  const cluster = staticCluster('u', [upstream.port], { http: { protocol: 'http2' } })
  const front = keep(await startProxy(config(httpListener([anyRoute(action('u'))]), [cluster])))
  const client = keep(new RawHttp2(front.port))
  const window = (size: number): Buffer => frame(4, 0, 0, Buffer.concat([Buffer.from([0, 4]), id(size)]))
  client.begin(window(0), headers(1))
  await expect.poll(() => client.frames.some(({ type }) => type === 1)).toBe(true)
  client.frames.length = 0
  client.write(window(1))
  await expect.poll(() => client.frames.length).toBe(2)
  expect(client.frames.map(({ type, flags, payload }) => [type, flags, payload.length])).toEqual([
    [4, 1, 0],
    [0, 0, 1],
  ])
})

test('an upstream that goes away and then takes no streams is let go, and the next request has a new connection', async () => {
  const connections: number[] = []
  const upstream = keep(
    await rawHttp2Upstream((write, streamId, connection) => {
      connections.push(connection)
      const none = frame(4, 0, 0, Buffer.concat([Buffer.from([0, 3]), id(0)]))
      const leaves = connection === 1 ? [frame(7, 0, 0, Buffer.concat([id(streamId), id(0)])), none] : []
      write(...leaves, frame(1, 5, streamId, Buffer.from([0x88])))
    }),
  )
  const cluster = staticCluster('u', [upstream.port], { http: { protocol: 'http2' } })
  const front = keep(await startProxy(config(httpListener([anyRoute(action('u'))]), [cluster])))
  const client = keep(new RawHttp2(front.port))
  client.begin(headers(1))
  await expect.poll(() => client.outcome()).toBe('END')
  client.write(headers(3))
  await expect.poll(() => client.outcome(3)).toBe('END')
  expect(connections).toEqual([1, 2])
  expect(front.requests.map(({ status }) => status)).toEqual([200, 200])
})

test('a body that the upstream does not take waits with the client', async () => {
  let requests = 0
  const upstream = keep(await rawHttp2Upstream(() => requests++))
  const cluster = staticCluster('u', [upstream.port], { http: { protocol: 'http2' } })
  const front = keep(await startProxy(config(httpListener([anyRoute(action('u'))]), [cluster])))
  const client = keep(new RawHttp2(front.port))
  client.begin(headers(1, instead(':method', 'POST'), 4))
  // What came before the upstream was there would go on to its connection in one piece.
  await expect.poll(() => requests).toBe(1)
  // As much as the proxy's own window lets through; the upstream's is 65,535.
  client.write(
    many(16, () => frame(0, 0, 1, Buffer.alloc(16_384))),
    frame(6, 0, 0, Buffer.alloc(8)),
  )
  await expect.poll(() => client.frames.some(({ type, flags }) => type === 6 && flags === 1)).toBe(true)
  const granted = client.frames
    .filter(({ type, streamId }) => type === 8 && streamId === 1)
    .reduce((sum, { payload }) => sum + payload.readUInt32BE(0), 0)
  expect(granted).toBeLessThanOrEqual(131_072)
})
