/** Which limits of HTTP/2 a client meets on a real connection: those of an edge or of the mesh, as the connection manager says. */
import { describe, expect, test } from 'vitest'
import { createFakeClock } from '@heddle/base/testing'
import { frameType, settingId } from '../../src/codec/http2/frame-types.js'
import { action, anyRoute, config, httpListener, startProxy, staticCluster } from '../integration/harness.js'
import { frame, RawHttp2, rawHttp2Upstream } from '../integration/http2-peers.js'
import { keepOpen } from '../keep-open.js'
import { many, oddId, request, reset } from './http2-stage.js'

const keep = keepOpen()

/** All that was written before has been read. */
async function settled(client: RawHttp2): Promise<void> {
  const pongs = (): number => client.frames.filter(({ type, flags }) => type === frameType.ping && flags === 1).length
  const before = pongs()
  client.write(frame(frameType.ping, 0, 0, Buffer.alloc(8)))
  await expect.poll(() => client.ended || pongs() > before, { timeout: 10_000 }).toBe(true)
}

describe.each([
  { place: 'edge', edge: true, streams: 100, streamWindow: 65_536, connectionWindow: 1_048_576, resets: 100 },
  { place: 'mesh', edge: false, streams: 1000, streamWindow: 262_144, connectionWindow: 4_194_304, resets: 10_000 },
])('at the $place', ({ edge, streams, streamWindow, connectionWindow, resets }) => {
  /** Two clients of a proxy whose upstream never answers. */
  const stage = async () => {
    const silent = keep(await rawHttp2Upstream(() => {}))
    const cluster = staticCluster('u', [silent.port], { http: { protocol: 'http2' }, circuitBreakers: { maxRequests: 100_000 } })
    const listener = httpListener([anyRoute(action('u'))], { useRemoteAddress: edge })
    const front = keep(await startProxy(config(listener, [cluster]), { clock: createFakeClock() }))
    const [client, neighbour] = [keep(new RawHttp2(front.port)), keep(new RawHttp2(front.port))]
    for (const one of [client, neighbour]) one.begin(frame(frameType.settings, 1, 0))
    await settled(client)
    return { front, client, neighbour }
  }
  const goesOn = async ({ front, neighbour }: Awaited<ReturnType<typeof stage>>): Promise<void> => {
    neighbour.write(request(1))
    await settled(neighbour)
    expect(neighbour.outcome(0)).toBe('')
    await expect.poll(() => front.proxy.stats().downstreamConnections).toBe(1)
    // Of all the requests only the neighbour's is left.
    await expect.poll(() => front.proxy.stats().clusters[0]?.activeRequests).toBe(1)
  }

  test('limit maxConcurrentStreams: it is told, and kept', async () => {
    const { client } = await stage()
    const told = new Map<number, number>()
    const payload = client.frames.find(({ type }) => type === frameType.settings)?.payload ?? Buffer.alloc(0)
    for (let at = 0; at < payload.length; at += 6) told.set(payload.readUInt16BE(at), payload.readUInt32BE(at + 2))
    expect(told.get(settingId.maxConcurrentStreams)).toBe(streams)
    expect(told.get(settingId.initialWindowSize)).toBe(streamWindow)
    const update = client.frames.find(({ type, streamId }) => type === frameType.windowUpdate && streamId === 0)
    expect(65_535 + (update?.payload.readUInt32BE(0) ?? 0)).toBe(connectionWindow)
    client.write(many(streams, (at) => request(oddId(at))))
    await settled(client)
    expect(client.frames.filter(({ type }) => type === frameType.rstStream)).toEqual([])
    client.write(request(oddId(streams)))
    await settled(client)
    expect(client.outcome(oddId(streams))).toBe('RST 7')
    expect(client.frames.filter(({ type }) => type === frameType.rstStream)).toHaveLength(1)
  })

  test('limit resetBurst: the connection that goes over it ends, with its requests, and its neighbour does not', async () => {
    const staged = await stage()
    const { client, front } = staged
    client.write(many(resets, (at) => Buffer.concat([request(oddId(at)), reset(oddId(at))])))
    await settled(client)
    expect(client.outcome(0)).toBe('')
    client.write(request(oddId(resets)), reset(oddId(resets)))
    await expect.poll(() => client.outcome(0)).toBe('GOAWAY 11')
    client.socket.end()
    await goesOn(staged)
    expect(front.requests).toHaveLength(resets + 1)
  })
})
