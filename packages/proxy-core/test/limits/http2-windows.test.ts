/**
 * What a client of HTTP/2 may send ahead of those who read it: the window of a stream, that of the connection, and what is
 * held of streams that are paused, each filled to its last byte and passed by one.
 */
import { describe, expect, test } from 'vitest'
import { errorCode, frameType, settingId } from '../../src/codec/http2/frame-types.js'
import { edgeLimits, meshLimits } from '../../src/connection/limits.js'
import { frame } from '../integration/http2-peers.js'
import { type Conversation, expectEnded, expectServed, number, oddId, stage, upload } from './http2-stage.js'

const heldBytes = 8 * 1024 * 1024

describe.each([
  { place: 'edge', limits: edgeLimits, streamWindow: 65_536, connectionWindow: 1_048_576 },
  { place: 'mesh', limits: meshLimits, streamWindow: 262_144, connectionWindow: 4_194_304 },
])('at the $place', ({ limits, streamWindow, connectionWindow }) => {
  // As a configuration may say; a hundred streams of an edge do not hold enough to close the connection's window.
  const more = { maxConcurrentStreams: 1000 }
  const data = (streamId: number, bytes: number): Buffer => {
    const frames: Buffer[] = []
    for (let left = bytes; left > 0; left -= 16_384) frames.push(frame(frameType.data, 0, streamId, Buffer.alloc(Math.min(left, 16_384))))
    return Buffer.concat(frames)
  }
  const givenBack = (talk: Conversation, streamId: number): number =>
    talk.frames().reduce((sum, one) => {
      return one.type === frameType.windowUpdate && one.streamId === streamId ? sum + one.payload.readUInt32BE(0) : sum
    }, 0)
  const pausedUpload = (talk: Conversation, streamId: number): void => {
    talk.send(upload(streamId))
    talk.requests.at(-1)?.pauseRequest()
  }
  /** Streams that nobody reads, each with its whole window. @returns the next stream's number. */
  const fill = (talk: Conversation, bytes: number, from = 1): number => {
    let streamId = from
    for (let left = bytes; left > 0; left -= streamWindow, streamId += 2) {
      pausedUpload(talk, streamId)
      talk.send(data(streamId, Math.min(streamWindow, left)))
    }
    return streamId
  }

  test('limit streamWindow: a stream that nobody reads; the others go on', () => {
    const talk = stage(limits, more).connect()
    const told = Buffer.concat([Buffer.from([0, settingId.initialWindowSize]), number(streamWindow)])
    expect(talk.frames()[0]?.payload.includes(told)).toBe(true)
    pausedUpload(talk, 1)
    talk.send(data(1, streamWindow))
    expect(talk.bodyBytes[0]).toBe(streamWindow)
    expect(givenBack(talk, 1)).toBe(0)
    expectServed(talk, 3)
    talk.send(data(1, 1))
    expect(talk.resets()).toEqual([{ streamId: 1, code: errorCode.flowControlError }])
    expect(talk.givenUp).toEqual([1])
    expect(talk.bodyBytes[0]).toBe(streamWindow)
    expectServed(talk, 5)
  })

  test('limit streamWindow: a stream that is read gets its window back', () => {
    const talk = stage(limits, more).connect()
    talk.send(upload(1), data(1, 4 * streamWindow))
    expect(talk.bodyBytes[0]).toBe(4 * streamWindow)
    expect(givenBack(talk, 1)).toBe(4 * streamWindow)
    expectServed(talk, 3)
  })

  test('limit maxHeldBytes: bytes of paused streams that the connection does not wait for', () => {
    const talk = stage(limits, more).connect()
    const surplus = connectionWindow - 65_535
    expect(givenBack(talk, 0)).toBe(surplus)
    const next = fill(talk, heldBytes)
    expect(givenBack(talk, 0)).toBe(surplus + heldBytes)
    // From here on the connection waits, too, until somebody reads.
    fill(talk, connectionWindow, next)
    expect(givenBack(talk, 0)).toBe(surplus + heldBytes)
    for (const stream of talk.requests) stream.resumeRequest()
    expect(givenBack(talk, 0)).toBe(surplus + heldBytes + connectionWindow)
    expectServed(talk, oddId(talk.requests.length))
  })

  test('limit connectionWindow: when it is shut, one byte more ends the connection', () => {
    const { connect } = stage(limits, more)
    const [talk, neighbour] = [connect(), connect()]
    const next = fill(talk, heldBytes + connectionWindow)
    expect(talk.bodyBytes.reduce((sum, bytes) => sum + bytes, 0)).toBe(heldBytes + connectionWindow)
    // A head needs no window.
    expectServed(talk, next)
    talk.send(upload(next + 2), data(next + 2, 1))
    expectEnded(talk, errorCode.flowControlError, 'more DATA than the connection allows', neighbour)
    expect(talk.bodyBytes.at(-1)).toBe(0)
  })
})
