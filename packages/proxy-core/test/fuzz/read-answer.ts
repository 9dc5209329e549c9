/** The client's codec over bytes in memory: the answer that it makes of them, as data that can be compared. */
import { Http1ClientConnection } from '../../src/codec/http1/client-connection.js'
import type { ResponseEvents } from '../../src/codec/stream.js'
import { HeaderBlock } from '../../src/message/header-block.js'
import { MemoryChannel } from './memory-channel.js'
import type { Field } from './read-requests.js'

export interface ReadAnswer {
  readonly interims: readonly number[]
  readonly status: number
  readonly reason: string
  readonly fields: readonly Field[]
  readonly length: number
  readonly body: string
  readonly trailers: readonly Field[]
  readonly state: 'open' | 'whole' | 'broken'
  /** The connection may carry another request. */
  readonly reusable: boolean
}

const limits = { maxHeadBytes: 65_536, maxFields: 200, maxFieldBytes: 61_440, maxTargetBytes: 0 }

interface Recorder {
  interims: number[]
  status: number
  reason: string
  fields: readonly Field[]
  length: number
  body: string
  trailers: readonly Field[]
  state: 'open' | 'whole' | 'broken'
  reusable: boolean
}

function recorder(): Recorder {
  return { interims: [], status: 0, reason: '', fields: [], length: 0, body: '', trailers: [], state: 'open', reusable: false }
}

export function readAnswer(method: string, bytes: Buffer, cuts: readonly number[], fin: boolean): ReadAnswer {
  const seen = recorder()
  const channel = new MemoryChannel()
  const owner = { onStreamsChanged: () => void (seen.reusable = true), onConnectionClosed: () => void (seen.reusable = false) }
  const info = { requestCount: 0 } as ConstructorParameters<typeof Http1ClientConnection>[3]
  const connection = new Http1ClientConnection(channel, owner, limits, info)
  channel.handler = connection
  connection.sendHead(method, '/', new HeaderBlock(), 0, '', eventsOf(seen))
  connection.sendEnd(undefined)
  let start = 0
  for (const cut of [...cuts, bytes.length]) {
    if (channel.closed) break
    if (cut > start) connection.onData(cuts.length === 0 ? bytes : Buffer.from(bytes.subarray(start, cut)), 0, cut - start)
    start = cut
  }
  if (fin && !channel.closed) connection.onEnd()
  return { ...seen, reusable: seen.reusable && !channel.closed }
}

function eventsOf(seen: Recorder): ResponseEvents {
  return {
    onInformational: (status) => void seen.interims.push(status),
    onResponseHead: (status, reason, headers, length) => {
      seen.status = status
      seen.reason = reason
      seen.fields = [...headers.entries()]
      seen.length = length
    },
    onResponseBody: (buffer, start, end) => void (seen.body += buffer.toString('latin1', start, end)),
    onResponseEnd: (trailers) => {
      if (trailers !== undefined) seen.trailers = [...trailers.entries()]
      seen.state = 'whole'
    },
    onUpgraded: () => void (seen.state = 'broken'),
    onTunnelResponse: () => {},
    onTunnelResponseEnd: () => {},
    onUpstreamReset: () => void (seen.state = 'broken'),
    onUpstreamDrain: () => {},
    flushDownstream: () => {},
  }
}
