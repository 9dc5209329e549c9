/**
 * gRPC health checking (grpc.health.v1.Health/Check) over plaintext HTTP/2, as the kubelet asks it: one request, one answer.
 * The two messages have one field each, so they are written and read by hand.
 */
import { connect, constants } from 'node:http2'

const maxAnswer = 4096
/** HealthCheckResponse { ServingStatus status = 1 } with SERVING = 1. */
const serving = Buffer.from([0x08, 0x01])

/** @returns why the service is not healthy; undefined when it says SERVING. @throws when the application cannot be reached. */
export function checkGrpcHealth(host: string, port: number, service: string, signal: AbortSignal): Promise<string | undefined> {
  const session = connect(`http://${host}:${port}`)
  return new Promise<string | undefined>((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error)
    signal.addEventListener('abort', onAbort, { once: true })
    session.on('error', reject)
    session.once('close', () => reject(new Error('the connection ended without an answer')))
    const stream = session.request({
      [constants.HTTP2_HEADER_METHOD]: 'POST',
      [constants.HTTP2_HEADER_PATH]: '/grpc.health.v1.Health/Check',
      [constants.HTTP2_HEADER_CONTENT_TYPE]: 'application/grpc',
      [constants.HTTP2_HEADER_TE]: 'trailers',
      [constants.HTTP2_HEADER_USER_AGENT]: 'kube-probe/1.34',
    })
    let grpcStatus: string | undefined
    let answer: Buffer = Buffer.alloc(0)
    const takeStatus = (headers: Readonly<Record<string, unknown>>): void => {
      const value = headers['grpc-status']
      if (typeof value === 'string') grpcStatus = value
    }
    stream.on('response', takeStatus)
    stream.on('trailers', takeStatus)
    stream.on('data', (part: Buffer) => {
      answer = Buffer.concat([answer, part]).subarray(0, maxAnswer)
    })
    stream.on('error', reject)
    stream.once('end', () => resolve(faultOf(grpcStatus, answer)))
    stream.end(frame(request(service)))
  }).finally(() => session.destroy())
}

function faultOf(grpcStatus: string | undefined, answer: Buffer): string | undefined {
  if (grpcStatus !== '0') return `the application answered gRPC status ${grpcStatus ?? 'none'}`
  return answer.subarray(5).equals(serving) ? undefined : 'the service is not SERVING'
}

/** HealthCheckRequest { string service = 1 }. */
function request(service: string): Buffer {
  const name = Buffer.from(service)
  if (name.length === 0) return name
  return Buffer.concat([Buffer.from([0x0a]), varint(name.length), name])
}

function varint(value: number): Buffer {
  return value < 0x80 ? Buffer.from([value]) : Buffer.concat([Buffer.from([(value & 0x7f) | 0x80]), varint(value >>> 7)])
}

/** gRPC over HTTP/2: a byte for compression, four for the length, the message. */
function frame(message: Buffer): Buffer {
  const head = Buffer.alloc(5)
  head.writeUInt32BE(message.length, 1)
  return Buffer.concat([head, message])
}
