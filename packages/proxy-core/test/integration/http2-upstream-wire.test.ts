/** HTTP/2 on the wire behind the proxy, byte by byte: answers that must not pass, and upstreams that go away or take nothing. */
import { describe, expect, test } from 'vitest'
import { responseFlagBits as flag } from '@heddle/proxy-core'
import { keepOpen } from '../keep-open.js'
import { action, anyRoute, config, httpListener, startProxy, staticCluster } from './harness.js'
import { headers, instead, literal, many, u32 } from './http2-bytes.js'
import { block, frame, get, RawHttp2, rawHttp2Upstream } from './http2-peers.js'

const keep = keepOpen()
const base = block(get())

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
    ['a push', (streamId) => [frame(5, 4, streamId, Buffer.concat([u32(2), base]))]],
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
    ['a reset', (streamId) => [frame(3, 0, streamId, u32(2))]],
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
  const window = (size: number): Buffer => frame(4, 0, 0, Buffer.concat([Buffer.from([0, 4]), u32(size)]))
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
      const none = frame(4, 0, 0, Buffer.concat([Buffer.from([0, 3]), u32(0)]))
      const leaves = connection === 1 ? [frame(7, 0, 0, Buffer.concat([u32(streamId), u32(0)])), none] : []
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
