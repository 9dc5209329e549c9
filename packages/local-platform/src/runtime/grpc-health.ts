/**
 * gRPC health checking (grpc.health.v1.Health/Check) over plaintext HTTP/2, as the kubelet asks it. The two messages have one
 * field each, so they are written and read by hand. The sidecar has a probe like it for what it asks on behalf of a kubelet:
 * neither package may import the other, and the leaves that both share are no place for a protocol client.
 */
import http2 from 'node:http2'

/** HealthCheckResponse { ServingStatus status = 1 } with SERVING = 1. */
const serving = Buffer.from([0x08, 0x01])
/** An answer is a few bytes. */
const maxAnswerBytes = 4096

/** @returns why the service is not healthy; undefined when it says SERVING. */
export function checkGrpcHealth(host: string, port: number, service: string, timeoutMs: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const session = http2.connect(`http://${host}:${port}`)
    const finish = (fault: string | undefined): void => {
      session.destroy()
      resolve(fault)
    }
    session.setTimeout(timeoutMs, () => finish(`no answer within ${timeoutMs} ms`))
    session.once('error', (error) => finish(error.message))
    const stream = session.request({
      ':method': 'POST',
      ':path': '/grpc.health.v1.Health/Check',
      'content-type': 'application/grpc',
      te: 'trailers',
    })
    let grpcStatus: string | undefined
    let answer: Buffer = Buffer.alloc(0)
    const takeStatus = (headers: Readonly<Record<string, unknown>>): void => {
      const value = headers['grpc-status']
      if (typeof value === 'string') grpcStatus = value
    }
    stream.on('response', takeStatus)
    stream.on('trailers', takeStatus)
    stream.on('data', (part: Buffer) => (answer = Buffer.concat([answer, part]).subarray(0, maxAnswerBytes)))
    stream.once('error', (error) => finish(error.message))
    stream.once('end', () => finish(faultOf(grpcStatus, answer)))
    stream.end(framed(healthRequest(service)))
  })
}

function faultOf(grpcStatus: string | undefined, answer: Buffer): string | undefined {
  if (grpcStatus !== '0') return `the health service answered gRPC status ${grpcStatus ?? 'none'}`
  return answer.subarray(5).equals(serving) ? undefined : 'the service is not SERVING'
}

/** HealthCheckRequest { string service = 1 }. */
function healthRequest(service: string): Buffer {
  const name = Buffer.from(service)
  return name.length === 0 ? name : Buffer.concat([Buffer.from([0x0a, ...varint(name.length)]), name])
}

/** Protobuf's lengths: seven bits a byte, the lowest first. */
function varint(value: number): readonly number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)]
}

/** gRPC over HTTP/2: a byte for compression, four for the length, the message. */
function framed(message: Buffer): Buffer {
  const head = Buffer.alloc(5)
  head.writeUInt32BE(message.length, 1)
  return Buffer.concat([head, message])
}
