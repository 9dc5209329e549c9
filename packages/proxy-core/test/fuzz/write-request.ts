/** A request that was read, written again as the proxy writes it to an upstream. */
import { Http1ClientConnection } from '../../src/codec/http1/client-connection.js'
import { HeaderBlock } from '../../src/message/header-block.js'
import type { ResponseEvents } from '../../src/codec/stream.js'
import { MemoryChannel } from './memory-channel.js'
import type { ReadRequest } from './read-requests.js'

const limits = { maxHeadBytes: 65_536, maxFields: 200, maxFieldBytes: 61_440, maxTargetBytes: 0 }
const ignored = new Proxy({}, { get: () => () => {} }) as ResponseEvents

export function writeRequest(request: ReadRequest): Buffer {
  const channel = new MemoryChannel()
  const owner = { onStreamsChanged: () => {}, onConnectionClosed: () => {} }
  const info = { requestCount: 0 } as ConstructorParameters<typeof Http1ClientConnection>[3]
  const connection = new Http1ClientConnection(channel, owner, limits, info)
  channel.handler = connection
  const headers = new HeaderBlock()
  for (const [name, value] of request.fields) headers.append(name, value)
  connection.sendHead(request.method, request.path, headers, request.bodyLength, '', ignored)
  const body = Buffer.from(request.body, 'latin1')
  if (body.length > 0) connection.sendBody(body, 0, body.length)
  const trailers = new HeaderBlock()
  for (const [name, value] of request.trailers) trailers.append(name, value)
  connection.sendEnd(request.trailers.length > 0 ? trailers : undefined)
  connection.flush()
  return Buffer.from(channel.text, 'latin1')
}
