/**
 * A gRPC server over plaintext HTTP/2 without a gRPC library: any unary method sends its message back, any other body is
 * framed the same way (gRPC over HTTP/2, "Requests" and "Responses"). `grpc.health.v1.Health/Check` answers SERVING.
 */
import { createServer, type Http2Session, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import { type EchoServer, listen } from './echo-server.js'

export interface GrpcEchoOptions {
  /** Default: 0, any free port. */
  readonly port?: number
  /** Default: 127.0.0.1. */
  readonly host?: string
}

const healthPath = '/grpc.health.v1.Health/Check'
/** A message of two bytes: field 1, varint 1 (SERVING). */
const servingFrame = Buffer.from([0, 0, 0, 0, 2, 0x08, 0x01])
const unimplemented = '12'

/** Header `x-grpc-status` of a request picks the status that is answered. Default: 0. */
export async function startGrpcEcho({ port = 0, host = '127.0.0.1' }: GrpcEchoOptions = {}): Promise<EchoServer> {
  const sessions = new Set<Http2Session>()
  const server = createServer()
  server.on('session', (session) => {
    sessions.add(session)
    session.on('close', () => sessions.delete(session))
    session.on('error', () => session.destroy())
  })
  server.on('stream', (stream, headers) => {
    stream.on('error', () => stream.destroy())
    answer(stream, headers).catch(() => stream.destroy())
  })
  return listen(server, { host, port }, () => {
    for (const session of sessions) session.destroy()
  })
}

async function answer(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<void> {
  const parts: Buffer[] = []
  for await (const part of stream as AsyncIterable<Buffer>) parts.push(part)
  const isGrpc = headers['content-type']?.startsWith('application/grpc') === true && headers[':method'] === 'POST'
  const picked = headers['x-grpc-status']
  const status = isGrpc ? (typeof picked === 'string' ? picked : '0') : unimplemented
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': status }))
  if (status !== '0') stream.end()
  else stream.end(headers[':path'] === healthPath ? servingFrame : Buffer.concat(parts))
}
