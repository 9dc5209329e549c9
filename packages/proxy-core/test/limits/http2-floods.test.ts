/** What a client of HTTP/2 may do that costs more than it brings: each budget spent to its last frame, and one frame more. */
import { describe, expect, test } from 'vitest'
import { errorCode } from '../../src/codec/http2/frame-types.js'
import { edgeLimits, meshLimits } from '../../src/connection/limits.js'
import { block, frame, get } from '../integration/http2-peers.js'
import {
  type Conversation,
  expectEnded,
  expectServed,
  many,
  number,
  oddId,
  request,
  reset,
  settings,
  settingsAck,
  stage,
  upload,
  windowUpdate,
} from './http2-stage.js'

const calm = errorCode.enhanceYourCalm
const data = (streamId: number, text = '', flags = 0): Buffer => frame(0, flags, streamId, text)
const priority = (streamId: number): Buffer => frame(2, 0, streamId, Buffer.concat([number(0), Buffer.from([1])]))
const ping = frame(6, 0, 0, Buffer.alloc(8))

describe.each([
  { place: 'edge', limits: edgeLimits, streams: 100, burst: 100, perSecond: 33 },
  { place: 'mesh', limits: meshLimits, streams: 1000, burst: 10_000, perSecond: 1000 },
])('streams of a client at the $place', ({ limits, streams, burst, perSecond }) => {
  const resets = (talk: Conversation, count: number): void => {
    const from = talk.requests.length
    talk.send(many(count, (at) => Buffer.concat([request(oddId(from + at)), reset(oddId(from + at))])))
  }

  test('limit resetBurst: streams that are reset at once', () => {
    const { connect } = stage(limits)
    const [talk, neighbour] = [connect(), connect()]
    resets(talk, burst)
    expect(talk.requests).toHaveLength(burst)
    expect(talk.givenUp).toHaveLength(burst)
    expectServed(talk, oddId(burst))
    resets(talk, 1)
    expectEnded(talk, calm, 'too many streams that are reset', neighbour)
  })

  test('limit resetBurst: mistakes that streams are reset for count as well', () => {
    const { connect } = stage(limits)
    const [talk, neighbour] = [connect(), connect()]
    const mistake = (at: number): Buffer => frame(1, 5, oddId(at), block(get('/', [['Upper', 'case']])))
    talk.send(many(burst, mistake))
    expect(talk.resets()).toHaveLength(burst)
    expect(new Set(talk.resets().map(({ code }) => code))).toEqual(new Set([errorCode.protocolError]))
    expectServed(talk, oddId(burst))
    talk.send(mistake(burst + 1))
    expectEnded(talk, calm, 'too many streams that are reset', neighbour)
  })

  test('limit resetsPerSecond: streams that are reset in the long run', () => {
    const { clock, connect } = stage(limits)
    const [talk, neighbour] = [connect(), connect()]
    talk.send(settingsAck)
    neighbour.send(settingsAck)
    resets(talk, burst)
    for (let second = 0; second < 3; second++) {
      clock.advance(1000)
      resets(talk, perSecond)
    }
    expectServed(talk, oddId(talk.requests.length))
    resets(talk, 1)
    expectEnded(talk, calm, 'too many streams that are reset', neighbour)
  })

  test('limit maxConcurrentStreams: one stream more is refused, the others go on, and a place that is free again is given', () => {
    const talk = stage(limits).connect()
    talk.send(many(streams, (at) => request(oddId(at))))
    expect(talk.requests).toHaveLength(streams)
    expect(talk.resets()).toEqual([])
    talk.send(request(oddId(streams)))
    expect(talk.requests).toHaveLength(streams)
    expect(talk.resets()).toEqual([{ streamId: oddId(streams), code: errorCode.refusedStream }])
    for (const stream of talk.requests) talk.answer(stream)
    expect(talk.frames().filter(({ type, flags }) => type === 0 && flags === 1)).toHaveLength(streams)
    expectServed(talk, oddId(streams + 1))
  })

  test('limit refusedBurst: streams beyond the ones that were offered', () => {
    const { connect } = stage(limits)
    const [talk, neighbour] = [connect(), connect()]
    talk.send(many(streams + 1000, (at) => request(oddId(at))))
    expect(talk.requests).toHaveLength(streams)
    expect(talk.resets()).toHaveLength(1000)
    expect(talk.errors).toEqual([])
    talk.send(request(oddId(streams + 1000)))
    expectEnded(talk, calm, 'too many streams at a time', neighbour)
    expect(talk.givenUp).toHaveLength(streams)
  })

  test('limit refusedPerSecond: streams beyond the ones that were offered, in the long run', () => {
    const { clock, connect } = stage(limits)
    const [talk, neighbour] = [connect(), connect()]
    let at = 0
    const ask = (count: number): void => talk.send(many(count, () => request(oddId(at++))))
    ask(streams + 1000)
    for (let second = 0; second < 3; second++) {
      clock.advance(1000)
      ask(100)
    }
    expect(talk.resets()).toHaveLength(1300)
    talk.answer(talk.requests[0])
    expectServed(talk, oddId(at++))
    talk.send(request(oddId(at++)))
    expect(talk.errors).toEqual([])
    ask(1)
    expectEnded(talk, calm, 'too many streams at a time', neighbour)
  })
})

test('limit maxStreamsPerRead: a hundred requests of one read go on at once, and one more lets other connections have their turn', () => {
  const { connect, turn } = stage()
  const talk = connect()
  const read = (first: number, count: number): void => {
    const bytes = many(count, (at) => request(oddId(first + at)))
    talk.connection.onData(bytes, 0, bytes.length)
  }
  read(0, 100)
  expect(talk.requests).toHaveLength(100)
  expect(talk.channel.paused).toBe(false)
  read(100, 101)
  expect(talk.requests).toHaveLength(201)
  expect(talk.channel.paused).toBe(true)
  turn()
  expect(talk.channel.paused).toBe(false)
  expectServed(talk, oddId(201))
})

test('limit maxRemembered: what comes late for a stream that was reset here is ignored, until 512 others were', () => {
  const { connect } = stage()
  const [talk, neighbour] = [connect(), connect()]
  const mistake = (at: number): Buffer => frame(1, 5, oddId(at), block(get('/', [['Upper', 'case']])))
  talk.send(many(512, mistake))
  expect(talk.resets()).toHaveLength(512)
  talk.send(request(1))
  expectServed(talk, oddId(512))
  talk.send(mistake(513), request(3))
  expectServed(talk, oddId(514))
  talk.send(request(1))
  expectEnded(talk, errorCode.protocolError, 'HEADERS on a closed stream', neighbour)
})

describe('frames of a client', () => {
  test('limit settingsBurst: SETTINGS after the first', () => {
    const { connect } = stage()
    const [talk, neighbour] = [connect(), connect()]
    talk.send(many(100, () => settings()))
    expect(talk.frames().filter(({ type, flags }) => type === 4 && flags === 1)).toHaveLength(101)
    expectServed(talk, 1)
    talk.send(settings())
    expectEnded(talk, calm, 'too many SETTINGS', neighbour)
  })

  test('limit settingsPerSecond: SETTINGS in the long run', () => {
    const { clock, connect } = stage()
    const [talk, neighbour] = [connect(), connect()]
    talk.send(many(100, () => settings()))
    for (let second = 0; second < 3; second++) {
      clock.advance(1000)
      talk.send(many(10, () => settings()))
    }
    expectServed(talk, 1)
    talk.send(settings())
    expectEnded(talk, calm, 'too many SETTINGS', neighbour)
  })

  test.each<[string, Buffer]>([
    ['DATA', data(1)],
    ['DATA that is all padding', data(1, `${String.fromCharCode(10)}${'\0'.repeat(10)}`, 8)],
  ])('limit maxEmptyFrames: %s without content', (_, empty) => {
    const { connect } = stage()
    const [talk, neighbour] = [connect(), connect()]
    // Whatever has content comes between them.
    talk.send(upload(1), empty, data(1, 'a'), empty, data(1, 'b'), empty)
    expectServed(talk, 3)
    expect(talk.bodyBytes[0]).toBe(2)
    talk.send(empty, empty)
    expectEnded(talk, calm, 'too many frames without content', neighbour)
  })

  const headers = (streamId: number, flags: number, fragment: Buffer = Buffer.alloc(0)): Buffer => frame(1, flags, streamId, fragment)

  test('limit maxEmptyFrames: pieces of a header block without content', () => {
    const { connect } = stage()
    const [talk, first, neighbour] = [connect(), connect(), connect()]
    const whole = block(get())
    const rest = (at: number): Buffer => frame(9, 4, oddId(at), whole.subarray(9))
    const empty = (at: number): Buffer => frame(9, 0, oddId(at))
    // One in each block, at its start or within it.
    talk.send(headers(1, 1, whole.subarray(0, 9)), empty(0), rest(0))
    talk.send(headers(3, 1), frame(9, 4, 3, whole))
    expect(talk.requests.map(({ id }) => id)).toEqual([1, 3])
    talk.send(headers(5, 1, whole.subarray(0, 9)), empty(2), empty(2))
    expectEnded(talk, calm, 'too many frames without content', neighbour)
    first.send(headers(1, 1), empty(0))
    expectEnded(first, calm, 'too many frames without content', neighbour)
  })

  test.each<[string, (at: number) => Buffer]>([
    ['unknown types', (at) => frame(0x0b + (at % 200), at & 0xff, 0)],
    ['PRIORITY_UPDATE', () => frame(0x10, 0, 0, Buffer.concat([number(1), Buffer.from('u=1')]))],
    ['unknown types on streams', (at) => frame(0xfa, 0, at % 2 === 0 ? 1 : 99, 'x'.repeat(100))],
    ['acknowledgements of SETTINGS that none waits for', () => settingsAck],
    ['answers to no PING', () => frame(6, 1, 0, Buffer.alloc(8))],
    ['RST_STREAM of streams that have ended', () => reset(1)],
    ['GOAWAY', () => frame(7, 0, 0, Buffer.alloc(8))],
  ])('limit maxVoidFramesPerStream: a hundred frames of %s, and a hundred more for each stream', (_, make) => {
    const { connect } = stage()
    const [talk, neighbour] = [connect(), connect()]
    talk.send(settingsAck)
    expectServed(talk, 1)
    talk.send(many(100, make))
    expectServed(talk, 3)
    talk.send(many(200, make))
    expect(talk.errors).toEqual([])
    expectServed(talk, 5)
    talk.send(many(100, make))
    expect(talk.errors).toEqual([])
    talk.send(make(0))
    expectEnded(talk, calm, 'too many frames that say nothing', neighbour)
  })

  test('limit maxPriorityFramesPerStream: a hundred, and a hundred more for each stream', () => {
    const { connect } = stage()
    const [talk, neighbour] = [connect(), connect()]
    talk.send(many(100, (at) => priority(oddId(at))))
    expectServed(talk, 1)
    talk.send(many(100, () => priority(1)))
    expect(talk.errors).toEqual([])
    talk.send(priority(1))
    expectEnded(talk, calm, 'too many PRIORITY frames', neighbour)
  })

  test('limit maxWindowUpdatesPerDataFrame: five, two for each stream, and twenty for each frame of data that was sent', () => {
    const { connect } = stage()
    const [bare, talk, neighbour] = [connect(), connect(), connect()]
    bare.send(many(5, () => windowUpdate(0, 1)))
    expect(bare.errors).toEqual([])
    bare.send(windowUpdate(0, 1))
    expectEnded(bare, calm, 'too many WINDOW_UPDATE frames', neighbour)
    expectServed(talk, 1)
    talk.send(request(3))
    // Two streams, and one frame of data.
    talk.send(many(5 + 2 * 2 + 20, (at) => windowUpdate(at % 2 === 0 ? 0 : 3, 1)))
    expect(talk.errors).toEqual([])
    talk.send(windowUpdate(3, 1))
    expectEnded(talk, calm, 'too many WINDOW_UPDATE frames', neighbour)
    expect(talk.givenUp).toEqual([3])
  })

  test.each<[string, (at: number) => Buffer]>([
    ['PING', () => ping],
    ['PING and SETTINGS', (at) => (at % 20 === 0 ? settings() : ping)],
  ])('limit maxQueuedControlFrames: answers to %s that are not read', (_, ask) => {
    const { connect } = stage()
    const [talk, neighbour] = [connect(), connect()]
    // The answer to its first SETTINGS is one of those that it may not have read.
    talk.channel.pendingBytes = 1
    talk.send(many(999, ask))
    expect(talk.frames().filter(({ flags, streamId }) => flags === 1 && streamId === 0)).toHaveLength(1000)
    expect(talk.channel.closed).toBe(false)
    // Whoever reads again may ask again.
    talk.channel.pendingBytes = 0
    expectServed(talk, 1)
    talk.send(ping)
    talk.channel.pendingBytes = 1
    talk.send(many(999, () => ping))
    expect(talk.channel.closed).toBe(false)
    talk.send(ping)
    expectEnded(talk, calm, 'answers that are not read', neighbour)
    expect(talk.channel.closed).toBe(true)
  })
})

describe('answers that the client does not read', () => {
  const unread = (bytes: number) => {
    const { clock, connect } = stage()
    const [talk, neighbour] = [connect(), connect()]
    neighbour.send(settingsAck)
    talk.frames()
    talk.channel.pendingBytes = bytes
    talk.send(request(1))
    talk.answer(talk.requests[0])
    return { clock, talk, neighbour }
  }

  test('limit maxUnreadBytes: so many bytes of them, and its requests are still read', () => {
    const { talk } = unread(1_048_576)
    expect(talk.channel.paused).toBe(false)
  })

  test('limit maxUnreadBytes: one more, and they wait until it reads', () => {
    const { clock, talk, neighbour } = unread(1_048_577)
    expect(talk.channel.paused).toBe(true)
    clock.advance(60_000)
    expect(talk.errors).toEqual([])
    talk.channel.pendingBytes = 0
    talk.connection.onDrain()
    expect(talk.channel.paused).toBe(false)
    talk.send(settingsAck)
    expectServed(talk, 3)
    expectServed(neighbour, 1)
  })
})
