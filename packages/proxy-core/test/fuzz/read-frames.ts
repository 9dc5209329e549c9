/** HTTP/2 connections in memory: what a conversation came to, on the server's side and on the client's. */
import { createFakeClock } from '@heddle/base/testing'
import { Http2ClientConnection } from '../../src/codec/http2/client-connection.js'
import { clientPreface } from '../../src/codec/http2/frame-types.js'
import type { Http2Deps, Http2Options } from '../../src/codec/http2/options.js'
import { Http2ServerConnection, type Http2ServerOwner } from '../../src/codec/http2/server-connection.js'
import type { Http2ServerStream } from '../../src/codec/http2/server-stream.js'
import type { RequestEvents, ResponseEvents } from '../../src/codec/stream.js'
import { HeadParser } from '../../src/codec/http1/head-parser.js'
import { DeadlineQueue } from '../../src/deadline-queue.js'
import { HeaderBlock } from '../../src/message/header-block.js'
import { MemoryChannel } from './memory-channel.js'

const limits = { maxHeadBytes: 4096, maxFields: 20, maxFieldBytes: 2048, maxTargetBytes: 1024 }

const options: Http2Options = {
  head: limits,
  maxConcurrentStreams: 3,
  streamWindow: 65_535,
  connectionWindow: 65_535,
  resetBurst: 5,
  resetsPerSecond: 1,
  headDeadlineMs: 1000,
  idleMs: 1000,
  streamIdleMs: 1000,
  keepAliveMs: 0,
  keepAliveTimeoutMs: 1000,
  maxStreams: 0,
  allowsConnect: true,
}

interface Stage {
  readonly deps: Http2Deps
  readonly turn: () => void
}

function stage(): Stage {
  const clock = createFakeClock()
  const waiting: { turnEnded(): void }[] = []
  return {
    deps: {
      deadlines: new DeadlineQueue(clock),
      monotonicMs: () => clock.monotonicMs(),
      flushAtTurnEnd: (output) => void waiting.push(output),
    },
    turn: () => {
      for (const output of waiting.splice(0)) output.turnEnded()
    },
  }
}

function feed(bytes: Buffer, cuts: readonly number[], onPiece: (piece: Buffer) => void): void {
  let from = 0
  for (const cut of [...cuts, bytes.length]) {
    if (cut <= from) continue
    // A copy: bytes are valid during the call only.
    const piece = Buffer.from(bytes.subarray(from, cut))
    onPiece(piece)
    piece.fill(0)
    from = cut
  }
}

/** Everything that requests came to, in order; errors of streams and of the connection among it. */
export function readAsServer(bytes: Buffer, cuts: readonly number[]): readonly string[] {
  const log: string[] = []
  const { deps, turn } = stage()
  const channel = new MemoryChannel()
  const owner: Http2ServerOwner = {
    onRequest: (stream) => record(stream, log),
    onBadRequest: (stream, status) => {
      log.push(`${stream.id} refused ${status}`)
      stream.refuse(status, new HeaderBlock(), 'no')
    },
    onConnectionError: (code, details) => log.push(`error ${code} ${details}`),
    onConnectionClosed: () => log.push('closed'),
  }
  const connection = new Http2ServerConnection(channel, owner, options, deps)
  channel.handler = connection
  connection.onData(clientPreface, 0, clientPreface.length)
  feed(bytes, cuts, (piece) => connection.onData(piece, 0, piece.length))
  turn()
  channel.destroy()
  return log
}

function record(stream: Http2ServerStream, log: string[]): RequestEvents {
  const { id, method, path, authority } = stream
  const text = stream.headers.serialize()
  log.push(`${id} ${method} ${path} ${authority} ${stream.bodyLength} ${text}`)
  const head = `${method} ${path === '' ? '/' : path} HTTP/1.1\r\n${text}\r\n`
  const bytes = Buffer.from(head, 'latin1')
  const parsed = new HeadParser('request', { ...limits, maxHeadBytes: 65_536, maxFields: 100 }).parse(
    bytes,
    0,
    bytes.length,
    new HeaderBlock(),
  )
  if (parsed !== bytes.length) log.push(`FAULT the head is none of HTTP/1.1: ${JSON.stringify(head)}`)
  let body = ''
  return {
    onRequestBody: (buffer, start, end) => (body += buffer.toString('latin1', start, end)),
    onRequestEnd: (trailers) => {
      log.push(`${id} end ${body} ${trailers?.serialize() ?? ''}`)
      stream.sendHead(200, 'OK', new HeaderBlock(), 2)
      stream.sendText('ok')
      stream.sendEnd(undefined)
    },
    onDownstreamReset: (reason) => log.push(`${id} reset ${reason}`),
    onDownstreamDrain: () => {},
    onTunnelData: () => log.push(`FAULT ${id} tunnel`),
    onTunnelEnd: () => {},
    flushUpstream: () => {},
  }
}

/** What three requests on one connection came to; each ends exactly once. */
export function readAsClient(bytes: Buffer, cuts: readonly number[]): readonly string[] {
  const log: string[] = []
  const { deps, turn } = stage()
  const channel = new MemoryChannel()
  const info = {
    remoteAddress: '',
    remotePort: 0,
    localAddress: '',
    localPort: 0,
    tls: undefined,
    requestCount: 0,
    telemetryState: undefined,
  }
  const pool = { onStreamsChanged: () => {}, onStreamsSettled: () => {}, onConnectionClosed: () => void log.push('closed') }
  const connection = new Http2ClientConnection(channel, pool, options, deps, info)
  channel.handler = connection
  const endings = [0, 0, 0]
  for (let number = 0; number < 3; number++) {
    const stream = connection.createStream()
    const headers = new HeaderBlock()
    headers.append('host', 'a')
    stream.sendHead('GET', `/${number}`, headers, 0, '', responses(number, log, endings))
    stream.sendEnd(undefined)
  }
  feed(bytes, cuts, (piece) => connection.onData(piece, 0, piece.length))
  turn()
  channel.destroy()
  turn()
  endings.forEach((count, number) => {
    if (count !== 1) log.push(`FAULT ${number} ended ${count} times`)
  })
  return log
}

function responses(number: number, log: string[], endings: number[]): ResponseEvents {
  let body = ''
  const end = (text: string): void => {
    endings[number] = (endings[number] ?? 0) + 1
    log.push(`${number} ${text}`)
  }
  return {
    onInformational: (status) => log.push(`${number} interim ${status}`),
    onResponseHead: (status, _reason, headers, length) => log.push(`${number} head ${status} ${length} ${headers.serialize()}`),
    onResponseBody: (buffer, start, to) => (body += buffer.toString('latin1', start, to)),
    onResponseEnd: (trailers) => end(`end ${body} ${trailers?.serialize() ?? ''}`),
    onUpgraded: () => log.push(`FAULT ${number} upgraded`),
    onTunnelResponse: () => {},
    onTunnelResponseEnd: () => {},
    onUpstreamReset: (reason) => end(`reset ${reason}`),
    onUpstreamDrain: () => {},
    flushDownstream: () => {},
  }
}
