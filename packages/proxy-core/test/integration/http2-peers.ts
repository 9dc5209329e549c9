/** Peers that speak HTTP/2: Node's own, and raw frames for what Node would never send. */
import { connect, createServer, type ClientHttp2Session, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import { connect as connectTcp, createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net'
import { once } from 'node:events'

export interface Http2Upstream {
  readonly port: number
  /** Sessions that were ever opened. */
  readonly sessions: () => number
  close(): void
}

export async function http2Upstream(
  onStream: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void,
  settings: Parameters<typeof createServer>[0] = {},
): Promise<Http2Upstream> {
  const server = createServer(settings)
  const sockets = new Set<Socket>()
  let sessions = 0
  server.on('session', () => sessions++)
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
  })
  server.on('sessionError', () => {})
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {})
    onStream(stream, headers)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    sessions: () => sessions,
    close: () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

export interface Answer {
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly trailers: IncomingHttpHeaders | undefined
  readonly informational: readonly IncomingHttpHeaders[]
}

export function http2Client(port: number): ClientHttp2Session & { close(): void } {
  const session = connect(`http://127.0.0.1:${port}`)
  session.on('error', () => {})
  return session
}

/** One request with Node's client. */
export function request(
  session: ClientHttp2Session,
  headers: Record<string, string>,
  body?: string | Buffer,
  trailers?: Record<string, string>,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const stream = session.request(headers, {
      endStream: body === undefined && trailers === undefined,
      waitForTrailers: trailers !== undefined,
    })
    let head: IncomingHttpHeaders = {}
    let late: IncomingHttpHeaders | undefined
    const informational: IncomingHttpHeaders[] = []
    const pieces: Buffer[] = []
    if (trailers !== undefined) stream.on('wantTrailers', () => stream.sendTrailers(trailers))
    stream.on('headers', (early) => informational.push(early))
    stream.on('response', (received) => (head = received))
    stream.on('trailers', (received) => (late = received))
    stream.on('data', (piece: Buffer) => pieces.push(piece))
    stream.on('error', reject)
    stream.on('close', () => resolve({ headers: head, body: Buffer.concat(pieces).toString('latin1'), trailers: late, informational }))
    if (body !== undefined || trailers !== undefined) stream.end(body)
  })
}

export interface Frame {
  readonly type: number
  readonly flags: number
  readonly streamId: number
  readonly payload: Buffer
}

export const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'

export function frame(type: number, flags: number, streamId: number, payload: Buffer | string = ''): Buffer {
  const bytes = typeof payload === 'string' ? Buffer.from(payload, 'latin1') : payload
  const head = Buffer.alloc(9)
  head.writeUIntBE(bytes.length, 0, 3)
  head[3] = type
  head[4] = flags
  head.writeUInt32BE(streamId, 5)
  return Buffer.concat([head, bytes])
}

/** Literal fields without indexing and without Huffman. */
export function block(fields: readonly (readonly [name: string, value: string])[]): Buffer {
  const text = (value: string): Buffer => {
    const bytes = Buffer.from(value, 'latin1')
    if (bytes.length < 127) return Buffer.concat([Buffer.from([bytes.length]), bytes])
    const rest = bytes.length - 127
    const size =
      rest < 128
        ? [127, rest]
        : rest < 16_384
          ? [127, (rest & 127) | 128, rest >> 7]
          : [127, (rest & 127) | 128, ((rest >> 7) & 127) | 128, rest >> 14]
    return Buffer.concat([Buffer.from(size), bytes])
  }
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]))
}

export const get = (path = '/', more: readonly (readonly [string, string])[] = []): readonly (readonly [string, string])[] => [
  [':method', 'GET'],
  [':scheme', 'http'],
  [':authority', 'a'],
  [':path', path],
  ...more,
]

/** An upstream that answers HEADERS with frames written by hand. */
export async function rawHttp2Upstream(
  onHeaders: (write: (...frames: Buffer[]) => void, streamId: number, connection: number) => void,
): Promise<{ readonly port: number; close(): void }> {
  let connections = 0
  const sockets = new Set<Socket>()
  const server = createTcpServer((socket) => {
    const connection = ++connections
    sockets.add(socket)
    socket.on('error', () => {})
    socket.write(frame(4, 0, 0))
    let held = Buffer.alloc(0)
    let isFirst = true
    socket.on('data', (data) => {
      held = Buffer.concat([held, data])
      if (isFirst && held.length < preface.length) return
      if (isFirst) held = held.subarray(preface.length)
      isFirst = false
      while (held.length >= 9 && held.length >= 9 + held.readUIntBE(0, 3)) {
        const [type, streamId] = [held[3], held.readUInt32BE(5)]
        held = held.subarray(9 + held.readUIntBE(0, 3))
        if (type === 1) onHeaders((...frames) => void socket.write(Buffer.concat(frames)), streamId, connection)
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** A connection on which frames are written by hand. */
export class RawHttp2 {
  readonly socket: Socket
  readonly frames: Frame[] = []
  ended = false
  #held: Buffer = Buffer.alloc(0)

  /** @param to a port, or a socket of the caller's making that is connected or about to be. */
  constructor(to: number | Socket) {
    this.socket = typeof to === 'number' ? connectTcp({ port: to, host: '127.0.0.1' }) : to
    this.socket.on('error', () => {})
    this.socket.on('close', () => (this.ended = true))
    this.socket.on('end', () => (this.ended = true))
    this.socket.on('data', (data) => {
      this.#held = Buffer.concat([this.#held, data])
      while (this.#held.length >= 9 && this.#held.length >= 9 + this.#held.readUIntBE(0, 3)) {
        const length = this.#held.readUIntBE(0, 3)
        const streamId = this.#held.readUInt32BE(5) & 0x7fffffff
        this.frames.push({ type: this.#held[3] ?? 0, flags: this.#held[4] ?? 0, streamId, payload: this.#held.subarray(9, 9 + length) })
        this.#held = this.#held.subarray(9 + length)
      }
    })
  }

  write(...parts: readonly (Buffer | string)[]): void {
    this.socket.write(Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part))))
  }

  /** The preface, empty SETTINGS, and whatever follows. */
  begin(...parts: readonly Buffer[]): void {
    this.write(preface, frame(4, 0, 0), ...parts)
  }

  /** What came for a stream, or how the connection ended: `RST 8`, `GOAWAY 1`, `END`, or nothing yet. */
  outcome(streamId = 1): string {
    for (const { type, streamId: id, flags, payload } of this.frames) {
      if (type === 7 && payload.readUInt32BE(4) !== 0) return `GOAWAY ${payload.readUInt32BE(4)}`
      if (id !== streamId) continue
      if (type === 3) return `RST ${payload.readUInt32BE(0)}`
      if ((type === 0 || type === 1) && (flags & 1) !== 0) return 'END'
    }
    return this.ended ? 'CLOSED' : ''
  }

  close(): void {
    this.socket.destroy()
  }
}
