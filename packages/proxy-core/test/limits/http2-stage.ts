/**
 * The server's side of HTTP/2 in memory, for its limits: the product's own limits, a clock of the test's, requests that are
 * answered when the test says so, and any number of connections side by side.
 */
import { createFakeClock, type FakeClock } from '@heddle/base/testing'
import { expect } from 'vitest'
import type { Http2Deps, Http2Options } from '../../src/codec/http2/options.js'
import { clientPreface, frameType } from '../../src/codec/http2/frame-types.js'
import { Http2ServerConnection } from '../../src/codec/http2/server-connection.js'
import type { Http2ServerStream } from '../../src/codec/http2/server-stream.js'
import { type ConnectionLimits, meshLimits } from '../../src/connection/limits.js'
import { DeadlineQueue } from '../../src/deadline-queue.js'
import { HeaderBlock } from '../../src/message/header-block.js'
import { MemoryChannel } from '../fuzz/memory-channel.js'
import { block, type Frame, frame, get } from '../integration/http2-peers.js'

export interface Conversation {
  readonly channel: MemoryChannel
  readonly connection: Http2ServerConnection
  /** Requests that came, in order, and how much of each body. */
  readonly requests: Http2ServerStream[]
  readonly bodyBytes: number[]
  /** Streams whose requests were given up. */
  readonly givenUp: number[]
  /** What the owner was told of the connection's end. */
  readonly errors: { readonly code: number; readonly details: string }[]
  send(...frames: readonly Buffer[]): void
  /** All that was sent to the client so far. */
  frames(): readonly Frame[]
  /** Codes of RST_STREAM, in order. */
  resets(): readonly { readonly streamId: number; readonly code: number }[]
  answer(stream: Http2ServerStream | undefined, body?: string): void
}

export interface Stage {
  readonly clock: FakeClock
  readonly deps: Http2Deps
  /** The end of a turn of the event loop. */
  readonly turn: () => void
  /** A connection whose preface and SETTINGS have come. */
  readonly connect: () => Conversation
}

export const number = (value: number): Buffer => Buffer.from([value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255])
export const oddId = (at: number): number => at * 2 + 1
export const many = (count: number, make: (at: number) => Buffer): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, at) => make(at)))
/** A request that is whole, and one whose body is still to come. */
export const request = (streamId: number): Buffer => frame(frameType.headers, 5, streamId, block(get()))
export const upload = (streamId: number): Buffer =>
  frame(frameType.headers, 4, streamId, block(get().map(([name, value]) => [name, name === ':method' ? 'POST' : value] as const)))
export const settings = (...values: readonly (readonly [id: number, value: number])[]): Buffer =>
  frame(frameType.settings, 0, 0, Buffer.concat(values.map(([id, value]) => Buffer.concat([Buffer.from([0, id]), number(value)]))))
export const settingsAck: Buffer = frame(frameType.settings, 1, 0)
export const reset = (streamId: number): Buffer => frame(frameType.rstStream, 0, streamId, number(8))
export const windowUpdate = (streamId: number, bytes: number): Buffer => frame(frameType.windowUpdate, 0, streamId, number(bytes))

export function stage(limits: ConnectionLimits = meshLimits, more: Partial<Http2Options> = {}): Stage {
  const clock = createFakeClock()
  const waiting: { turnEnded(): void }[] = []
  const deps: Http2Deps = {
    deadlines: new DeadlineQueue(clock),
    monotonicMs: () => clock.monotonicMs(),
    flushAtTurnEnd: (output) => void waiting.push(output),
  }
  const turn = (): void => {
    for (const output of waiting.splice(0)) output.turnEnded()
  }
  const options: Http2Options = {
    ...limits.http2,
    head: limits.head,
    headDeadlineMs: limits.headDeadlineMs,
    idleMs: limits.keepAliveMs,
    streamIdleMs: limits.bodyIdleMs,
    keepAliveMs: 0,
    keepAliveTimeoutMs: 0,
    maxStreams: 0,
    allowsConnect: false,
    ...more,
  }
  return { clock, deps, turn, connect: () => converse(options, deps, turn) }
}

function converse(options: Http2Options, deps: Http2Deps, turn: () => void): Conversation {
  const channel = new MemoryChannel()
  const requests: Http2ServerStream[] = []
  const bodyBytes: number[] = []
  const givenUp: number[] = []
  const errors: { code: number; details: string }[] = []
  const connection = new Http2ServerConnection(
    channel,
    {
      onRequest: (stream) => {
        const at = requests.push(stream) - 1
        bodyBytes.push(0)
        return {
          onRequestBody: (_, start, end) => void (bodyBytes[at] = (bodyBytes[at] ?? 0) + end - start),
          onRequestEnd: () => {},
          onDownstreamReset: () => void givenUp.push(stream.id),
          onDownstreamDrain: () => {},
          onTunnelData: () => {},
          onTunnelEnd: () => {},
          flushUpstream: () => {},
        }
      },
      onBadRequest: (stream, status) => stream.refuse(status, new HeaderBlock(), 'no'),
      onConnectionError: (code, details) => void errors.push({ code, details }),
      onConnectionClosed: () => {},
    },
    options,
    deps,
  )
  channel.handler = connection
  const send = (...frames: readonly Buffer[]): void => {
    const bytes = Buffer.concat(frames)
    // As sockets do: no more than so much in one read.
    for (let at = 0; at < bytes.length; at += 65_536) {
      connection.onData(bytes, at, Math.min(at + 65_536, bytes.length))
      turn()
    }
  }
  send(clientPreface, settings())
  const frames = (): readonly Frame[] => {
    turn()
    return cut(Buffer.from(channel.text, 'latin1'))
  }
  return {
    channel,
    connection,
    requests,
    bodyBytes,
    givenUp,
    errors,
    send,
    frames,
    resets: () =>
      frames().flatMap(({ type, streamId, payload }) =>
        type === frameType.rstStream ? [{ streamId, code: payload.readUInt32BE(0) }] : [],
      ),
    answer: (stream, body = 'ok') => {
      stream?.sendHead(200, 'OK', new HeaderBlock(), body.length)
      stream?.sendText(body)
      stream?.sendEnd(undefined)
      turn()
    },
  }
}

function cut(bytes: Buffer): readonly Frame[] {
  const frames: Frame[] = []
  for (let at = 0; at < bytes.length;) {
    const length = bytes.readUIntBE(at, 3)
    const payload = bytes.subarray(at + 9, at + 9 + length)
    frames.push({ type: bytes[at + 3] ?? 0, flags: bytes[at + 4] ?? 0, streamId: bytes.readUInt32BE(at + 5), payload })
    at += 9 + length
  }
  return frames
}

const goAways = (talk: Conversation): readonly number[] =>
  talk.frames().flatMap(({ type, payload }) => (type === frameType.goAway ? [payload.readUInt32BE(4)] : []))

/** Still within its limits: no error was told to either side, and a further request is served. */
export function expectServed(talk: Conversation, streamId: number): void {
  expect({ errors: talk.errors, goAways: goAways(talk) }).toEqual({ errors: [], goAways: [] })
  talk.send(request(streamId))
  expect(talk.requests.at(-1)?.id).toBe(streamId)
  talk.answer(talk.requests.at(-1))
  const last = talk.frames().findLast((one) => one.streamId === streamId)
  expect({ type: last?.type, flags: last?.flags, body: last?.payload.toString() }).toEqual({ type: 0, flags: 1, body: 'ok' })
}

/** Over a limit: the connection has ended with the code, for its owner too, and nothing of it is left; the neighbour's goes on. */
export function expectEnded(talk: Conversation, code: number, details: string, neighbour: Conversation): void {
  expect({ errors: talk.errors, goAways: goAways(talk) }).toEqual({ errors: [{ code, details }], goAways: [code] })
  expect(talk.channel.ended).toBe(true)
  const { length } = talk.requests
  talk.send(request(0x7ffffff1))
  expect(talk.requests).toHaveLength(length)
  expectServed(neighbour, 0x7ffffff1)
}
