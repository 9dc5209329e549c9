/** The server's codec over bytes in memory: what it makes of them, as data that can be compared. */
import type { RequestEvents } from '../../src/codec/stream.js'
import { Http1ServerConnection } from '../../src/codec/http1/server-connection.js'
import type { ServerConnectionOwner } from '../../src/codec/http1/server-connection-owner.js'
import { type ConnectionLimits, meshLimits } from '../../src/connection/limits.js'
import { HeaderBlock } from '../../src/message/header-block.js'
import { MemoryChannel } from './memory-channel.js'

export type Field = readonly [name: string, value: string]

export interface ReadRequest {
  readonly method: string
  readonly path: string
  readonly authority: string
  readonly protocol: string
  readonly bodyLength: number
  readonly fields: readonly Field[]
  body: string
  trailers: readonly Field[]
  state: 'open' | 'whole' | 'broken'
}

export interface ReadResult {
  readonly requests: readonly ReadRequest[]
  /** Status of the answer that refuses a head; 0: none. */
  readonly refusal: number
  /** The connection takes no more. */
  readonly ended: boolean
  readonly answers: string
}

const noFields = new HeaderBlock()

class Recorder implements ServerConnectionOwner {
  readonly requests: ReadRequest[] = []
  refusal = 0

  onRequest(stream: Http1ServerConnection): RequestEvents {
    const request: ReadRequest = {
      method: stream.method,
      path: stream.path,
      authority: stream.authority,
      protocol: stream.protocol,
      bodyLength: stream.bodyLength,
      fields: [...stream.headers.entries()],
      body: '',
      trailers: [],
      state: 'open',
    }
    this.requests.push(request)
    return {
      onRequestBody: (buffer, start, end) => void (request.body += buffer.toString('latin1', start, end)),
      onRequestEnd: (trailers) => {
        if (trailers !== undefined) request.trailers = [...trailers.entries()]
        request.state = 'whole'
        stream.sendHead(200, 'OK', noFields, 0, false)
        stream.sendEnd(undefined)
      },
      onDownstreamReset: () => void (request.state = 'broken'),
      onDownstreamDrain: () => {},
      onTunnelData: () => {},
      onTunnelEnd: () => {},
      flushUpstream: () => {},
    }
  }
  acceptsUpgrade(): boolean {
    return false
  }
  onBadRequest(stream: Http1ServerConnection, status: number): void {
    this.refusal = status
    stream.refuse(status, '', noFields, '')
  }
  onHttp2Preface(): boolean {
    return false
  }
  onPhase(): void {}
  onConnectionClosed(): void {}
  shouldClose(): boolean {
    return false
  }
}

/**
 * @param cuts offsets at which the bytes are handed over in pieces, ascending. @param fin whether the client ends its side.
 * @param limits those of an edge or of the mesh.
 */
export function readRequests(bytes: Buffer, cuts: readonly number[] = [], fin = false, limits: ConnectionLimits = meshLimits): ReadResult {
  const channel = new MemoryChannel()
  const owner = new Recorder()
  const connection = new Http1ServerConnection(channel, owner, {
    limits: limits.head,
    rejectUnderscores: limits.rejectUnderscores,
    forwardProxy: false,
    acceptsConnect: false,
    refusesHttp10: false,
    defaultHost: undefined,
  })
  channel.handler = connection
  let start = 0
  for (const cut of [...cuts, bytes.length]) {
    if (channel.closed) break
    // A piece of its own: the codec must not look beyond it.
    if (cut > start) connection.onData(cuts.length === 0 ? bytes : Buffer.from(bytes.subarray(start, cut)), 0, cut - start)
    start = cut
  }
  if (fin && !channel.closed) connection.onEnd()
  return { requests: owner.requests, refusal: owner.refusal, ended: channel.closed || channel.ended, answers: channel.text }
}
