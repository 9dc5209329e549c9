/** What a connection of HTTP/2 waits for, and for how long: each deadline a millisecond before it is due, and when it is. */
import { describe, expect, test } from 'vitest'
import { errorCode, frameFlag, frameType, largestWindow, settingId } from '../../src/codec/http2/frame-types.js'
import { edgeLimits, meshLimits } from '../../src/connection/limits.js'
import { block, frame, get } from '../integration/http2-peers.js'
import {
  type Conversation,
  expectEnded,
  expectServed,
  request,
  reset,
  settings,
  settingsAck,
  stage,
  upload,
  windowUpdate,
} from './http2-stage.js'

/** As `last stream, code`. */
const goAways = (talk: Conversation): readonly string[] =>
  talk
    .frames()
    .flatMap(({ type, payload }) => (type === frameType.goAway ? [`${payload.readUInt32BE(0)}, ${payload.readUInt32BE(4)}`] : []))

test('limit settingsDeadlineMs: SETTINGS that are not acknowledged', () => {
  const { clock, connect } = stage()
  const [talk, neighbour] = [connect(), connect()]
  neighbour.send(settingsAck)
  clock.advance(9999)
  expectServed(talk, 1)
  clock.advance(1)
  expectEnded(talk, errorCode.settingsTimeout, 'SETTINGS that are not acknowledged', neighbour)
})

describe.each([
  { place: 'edge', limits: edgeLimits, headMs: 10_000, idleMs: 60_000, bodyMs: 30_000 },
  { place: 'mesh', limits: meshLimits, headMs: 15_000, idleMs: 300_000, bodyMs: 300_000 },
])('at the $place', ({ limits, headMs, idleMs, bodyMs }) => {
  const acknowledged = (more: Parameters<typeof stage>[1] = {}) => {
    const { clock, connect } = stage(limits, more)
    const [talk, neighbour] = [connect(), connect()]
    for (const one of [talk, neighbour]) one.send(settingsAck)
    return { clock, talk, neighbour }
  }

  test('limit headDeadlineMs: a header block that does not end', () => {
    const { clock, talk, neighbour } = acknowledged()
    const whole = block(get())
    const begin = (streamId: number): Buffer => frame(frameType.headers, frameFlag.endStream, streamId, whole.subarray(0, 5))
    talk.send(begin(1))
    clock.advance(headMs - 1)
    talk.send(frame(frameType.continuation, frameFlag.endHeaders, 1, whole.subarray(5)))
    expect(talk.requests).toHaveLength(1)
    // Its time is over with it.
    clock.advance(headMs)
    expectServed(talk, 3)
    talk.send(begin(5))
    clock.advance(headMs)
    expectEnded(talk, errorCode.enhanceYourCalm, 'a header block that does not end', neighbour)
    expect(talk.requests).toHaveLength(2)
  })

  test('limit keepAliveMs: a connection without streams', () => {
    const { clock, talk } = acknowledged()
    clock.advance(idleMs - 1)
    expectServed(talk, 1)
    clock.advance(idleMs - 1)
    expect(talk.channel.ended).toBe(false)
    clock.advance(1)
    expect(goAways(talk)).toEqual(['1, 0'])
    expect(talk.channel.ended).toBe(true)
    expect(talk.errors).toEqual([])
  })

  test('limit maxQuietLooks: a body that stands still for four looks in a row, which are a quarter of its idle time apart', () => {
    const { clock, talk, neighbour } = acknowledged({ idleMs: 0 })
    const look = bodyMs / 4
    talk.send(upload(1))
    clock.advance(4 * look - 1)
    expect(talk.resets()).toEqual([])
    // A byte before the fourth look, and the count begins again there.
    talk.send(frame(frameType.data, 0, 1, 'x'))
    clock.advance(2)
    // One behind it counts for the fifth.
    talk.send(frame(frameType.data, 0, 1, 'x'))
    clock.advance(5 * look - 2)
    expect(talk.resets()).toEqual([])
    expectServed(talk, 3)
    clock.advance(1)
    expect(talk.resets()).toEqual([{ streamId: 1, code: errorCode.cancel }])
    expect(talk.givenUp).toEqual([1])
    expectServed(talk, 5)
    expectServed(neighbour, 1)
  })

  test.each([
    { bytes: 1024, want: [] },
    { bytes: 1023, want: [{ streamId: 1, code: errorCode.cancel }] },
  ])('limit minMovedBytes: a client that takes $bytes bytes of an answer from look to look', ({ bytes, want }) => {
    const { clock, talk, neighbour } = acknowledged({ idleMs: 0 })
    talk.send(settings([settingId.initialWindowSize, 0]), request(1))
    talk.answer(talk.requests[0], 'x'.repeat(1_000_000))
    for (let look = 0; look < 4; look++) {
      talk.send(windowUpdate(1, bytes))
      clock.advance(bodyMs / 4 - 1)
      expect(talk.resets()).toEqual([])
      clock.advance(1)
    }
    expect(talk.resets()).toEqual(want)
    talk.send(settings([settingId.initialWindowSize, 65_535]), windowUpdate(0, 1_000_000))
    expectServed(talk, 3)
    expectServed(neighbour, 1)
  })
})

describe('draining', () => {
  const drained = () => {
    const { clock, connect } = stage()
    const talk = connect()
    talk.send(settingsAck, request(1))
    talk.connection.drain()
    expect(goAways(talk)).toEqual([`${largestWindow}, 0`])
    return { clock, talk, neighbour: connect() }
  }

  test('limit drainStepMs: streams are taken until the second GOAWAY, which does not wait for ever', () => {
    const { clock, talk, neighbour } = drained()
    clock.advance(4999)
    talk.send(request(3))
    expect(talk.requests.map(({ id }) => id)).toEqual([1, 3])
    expect(goAways(talk)).toHaveLength(1)
    clock.advance(1)
    expect(goAways(talk)).toEqual([`${largestWindow}, 0`, '3, 0'])
    talk.send(request(5))
    expect(talk.requests).toHaveLength(2)
    expect(talk.channel.ended).toBe(false)
    for (const stream of talk.requests) talk.answer(stream)
    expect(talk.frames().filter(({ type, flags }) => type === frameType.data && flags === 1)).toHaveLength(2)
    expect(talk.channel.ended).toBe(true)
    expect(talk.errors).toEqual([])
    expectServed(neighbour, 1)
  })

  test('limit drainStepMs: an answer to the PING of the first GOAWAY is enough', () => {
    const { talk } = drained()
    const ping = talk.frames().find(({ type }) => type === frameType.ping)
    talk.send(frame(frameType.ping, frameFlag.ack, 0, ping?.payload))
    expect(goAways(talk)).toEqual([`${largestWindow}, 0`, '1, 0'])
  })

  test('frames of streams above the last one are ignored, and the others end well', () => {
    const { clock, talk } = drained()
    clock.advance(5000)
    talk.send(upload(3), frame(frameType.data, 0, 3, 'x'), windowUpdate(3, 1), frame(frameType.data, 1, 3, 'y'), upload(5), reset(5))
    talk.answer(talk.requests[0])
    expect(talk.requests).toHaveLength(1)
    expect(talk.errors).toEqual([])
    expect(talk.frames().filter(({ type, flags }) => type === frameType.data && flags === 1)).toHaveLength(1)
    expect(talk.channel.ended).toBe(true)
  })

  test.each<[string, (talk: Conversation) => void]>([
    ['that was drained', (talk) => talk.connection.drain()],
    ['that broke the rules', (talk) => talk.send(frame(frameType.data, 0, 0, 'x'))],
  ])('limit closeGraceMs: a client %s and does not close is cut', (_, end) => {
    const { clock, connect } = stage()
    const [talk, neighbour] = [connect(), connect()]
    end(talk)
    expect(talk.channel.ended).toBe(true)
    clock.advance(999)
    expect(talk.channel.closed).toBe(false)
    clock.advance(1)
    expect(talk.channel.closed).toBe(true)
    expectServed(neighbour, 1)
  })
})
