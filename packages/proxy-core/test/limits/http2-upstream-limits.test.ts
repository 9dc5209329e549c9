/** What an upstream of HTTP/2 may send, and how many streams it is given: each limit exactly reached and passed by one. */
import { expect, test } from 'vitest'
import { Http2ClientConnection } from '../../src/codec/http2/client-connection.js'
import { errorCode, frameType, settingId } from '../../src/codec/http2/frame-types.js'
import type { ResetReason } from '../../src/codec/stream.js'
import { meshLimits, upstreamHeadLimits } from '../../src/connection/limits.js'
import { HeaderBlock } from '../../src/message/header-block.js'
import { MemoryChannel } from '../fuzz/memory-channel.js'
import { block, frame } from '../integration/http2-peers.js'
import { many, settings, settingsAck, stage } from './http2-stage.js'

/** A connection to an upstream whose frames the test writes. */
function connected(maxConcurrentStreams = 1024, likelyStreams = Infinity) {
  const { deps, turn } = stage()
  const channel = new MemoryChannel()
  const { remoteAddress, remotePort, localAddress, localPort } = channel
  const info = { remoteAddress, remotePort, localAddress, localPort, tls: undefined, requestCount: 0, telemetryState: undefined }
  const connection = new Http2ClientConnection(
    channel,
    { onStreamsChanged: () => {}, onStreamsSettled: () => {}, onConnectionClosed: () => {} },
    {
      ...meshLimits.http2,
      head: upstreamHeadLimits,
      maxConcurrentStreams,
      headDeadlineMs: 1000,
      idleMs: 0,
      keepAliveMs: 0,
      keepAliveTimeoutMs: 0,
      streamIdleMs: 0,
      maxStreams: 0,
      allowsConnect: false,
    },
    deps,
    info,
    likelyStreams,
  )
  channel.handler = connection
  const receive = (...frames: readonly Buffer[]): void => {
    const bytes = Buffer.concat(frames)
    connection.onData(bytes, 0, bytes.length)
    turn()
  }
  /** @returns what becomes of the request. */
  const ask = () => {
    const seen = { interim: 0, status: 0, isWhole: false, reset: undefined as ResetReason | undefined }
    const stream = connection.createStream()
    const headers = new HeaderBlock()
    headers.append('host', 'a')
    stream.sendHead('GET', '/', headers, 0, '', {
      onInformational: () => void seen.interim++,
      onResponseHead: (status) => void (seen.status = status),
      onResponseBody: () => {},
      onResponseEnd: () => void (seen.isWhole = true),
      onUpgraded: () => {},
      onTunnelResponse: () => {},
      onTunnelResponseEnd: () => {},
      onUpstreamReset: (reason) => void (seen.reset = reason),
      onUpstreamDrain: () => {},
      flushDownstream: () => {},
    })
    stream.sendEnd(undefined)
    turn()
    return seen
  }
  return { connection, channel, receive, ask }
}

type Fields = Parameters<typeof block>[0]
const head = (streamId: number, flags: number, fields: Fields): Buffer => {
  const whole = block(fields)
  const pieces = Math.ceil(whole.length / 16_384)
  return Buffer.concat(
    Array.from({ length: pieces }, (_, at) => {
      const piece = whole.subarray(at * 16_384, (at + 1) * 16_384)
      const isLast = at === pieces - 1 ? 4 : 0
      return at === 0 ? frame(frameType.headers, flags | isLast, streamId, piece) : frame(frameType.continuation, isLast, streamId, piece)
    }),
  )
}
const interim = (streamId: number): Buffer => head(streamId, 0, [[':status', '103']])
const answer = (streamId: number, more: Fields = []): Buffer => head(streamId, 1, [[':status', '200'], ...more])
const served = { interim: 0, status: 200, isWhole: true, reset: undefined }
const failed = { interim: 0, status: 0, isWhole: false, reset: 'protocol-error' }

test('limit maxInformational: interim answers', () => {
  const { receive, ask } = connected()
  receive(settings(), settingsAck)
  const [first, second, third] = [ask(), ask(), ask()]
  receive(
    many(8, () => interim(1)),
    many(9, () => interim(3)),
  )
  receive(answer(1), answer(5))
  expect([first, second, third]).toEqual([{ ...served, interim: 8 }, { ...failed, interim: 8 }, served])
})

test.each<[string, Fields, Fields]>([
  ['maxFields', Array<[string, string]>(199).fill(['x', 'y']), Array<[string, string]>(200).fill(['x', 'y'])],
  ['maxFieldBytes', [['x', 'x'.repeat(61_439)]], [['x', 'x'.repeat(61_440)]]],
  [
    'maxHeadBytes',
    [
      ['x', 'x'.repeat(60_000)],
      ['y', 'y'.repeat(65_536 - 60_000 - 2 - 10 - 3 * 32)],
    ],
    [
      ['x', 'x'.repeat(60_000)],
      ['y', 'y'.repeat(65_536 - 60_000 - 2 - 10 - 3 * 32 + 1)],
    ],
  ],
])('limit %s: the head of an answer', (_, most, tooMuch) => {
  const { receive, ask, connection } = connected()
  receive(settings(), settingsAck)
  const [first, second, third] = [ask(), ask(), ask()]
  receive(answer(1, most), answer(3, tooMuch), answer(5))
  expect([first, second, third]).toEqual([served, failed, served])
  expect(connection.closed).toBe(false)
})

test('limit unsettledStreams: a hundred until the upstream has said how many', () => {
  const { receive, ask, connection } = connected()
  for (let stream = 0; stream < 99; stream++) ask()
  expect(connection.available).toBe(1)
  ask()
  expect(connection.available).toBe(0)
  receive(settings([settingId.maxConcurrentStreams, 102]))
  expect(connection.available).toBe(2)
})

test('limit unsettledStreams: no more than the upstream took on its last connection', () => {
  const { receive, ask, connection } = connected(1024, 2)
  ask()
  expect(connection.available).toBe(1)
  ask()
  expect(connection.available).toBe(0)
  receive(settings([settingId.maxConcurrentStreams, 3]))
  expect(connection.available).toBe(1)
})

test('limit maxConcurrentStreams: those of the cluster, however many the upstream takes', () => {
  const { receive, ask, connection } = connected(2)
  receive(settings([settingId.maxConcurrentStreams, 1000]))
  ask()
  expect(connection.available).toBe(1)
  ask()
  expect(connection.available).toBe(0)
})

test('limit maxVoidFramesPerStream: frames of an upstream that say nothing', () => {
  const { receive, ask, channel, connection } = connected()
  receive(settings(), settingsAck)
  const seen = ask()
  const unknown = frame(0x42, 0, 0)
  receive(many(200, () => unknown))
  expect(connection.closed).toBe(false)
  receive(unknown)
  expect(connection.closed).toBe(true)
  expect(seen).toEqual(failed)
  expect(channel.text).toContain(`\0\0\0${String.fromCharCode(errorCode.enhanceYourCalm)}`)
})

test('HEADERS for a stream that is over end the connection, but not those that crossed the reset of it', () => {
  const { receive, ask, connection } = connected()
  receive(settings(), settingsAck)
  ask()
  const failing = ask()
  receive(head(3, 0, [[':status', '101']]))
  expect(failing).toEqual(failed)
  receive(answer(3))
  receive(answer(1))
  expect(connection.closed).toBe(false)
  const other = ask()
  receive(answer(1))
  expect(connection.closed).toBe(true)
  expect(other).toEqual(failed)
})

test('limit maxQueuedControlFrames: an upstream that asks and does not read loses its connection, and its requests fail', () => {
  const { receive, ask, channel, connection } = connected()
  receive(settings(), settingsAck)
  const seen = ask()
  const ping = frame(frameType.ping, 0, 0, Buffer.alloc(8))
  channel.pendingBytes = 1
  receive(many(999, () => ping))
  expect(connection.closed).toBe(false)
  receive(ping)
  expect(channel.closed).toBe(true)
  expect(seen.reset).toBeDefined()
  expect(channel.text).toContain(`\0\0\0${String.fromCharCode(errorCode.enhanceYourCalm)}`)
})
