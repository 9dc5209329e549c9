/** A server that sends or swallows as many bytes as a request asks for, and never holds more than a piece of them. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net'

export interface SoakUpstream {
  readonly port: number
  /** Bytes that were taken from this process to be sent. */
  readonly sent: () => number
  readonly received: () => number
  readonly close: () => Promise<void>
}

const piece = Buffer.alloc(65_536, 'x')

/** `GET /N` sends N bytes, `PUT` swallows the body, `/hang` never answers. */
export async function startHttpSoakUpstream(): Promise<SoakUpstream> {
  const count = { sent: 0, received: 0 }
  const server = createServer({ keepAlive: true, noDelay: true }, (incoming, outgoing) => void serve(incoming, outgoing, count))
  server.keepAliveTimeout = 600_000
  server.requestTimeout = 0
  return listening(server, count, () => server.closeAllConnections())
}

async function serve(incoming: IncomingMessage, outgoing: ServerResponse, count: { sent: number; received: number }): Promise<void> {
  incoming.on('data', (chunk: Buffer) => (count.received += chunk.length))
  incoming.on('error', () => {})
  outgoing.on('error', () => {})
  if (incoming.method === 'PUT') await once(incoming, 'end').catch(() => {})
  if (incoming.url === '/hang') return
  const size = Number(incoming.url?.slice(1)) || 0
  outgoing.writeHead(200, { 'content-length': size })
  for (let left = size; left > 0 && !outgoing.destroyed; left -= piece.length) {
    count.sent += Math.min(left, piece.length)
    const mayGoOn = outgoing.write(left < piece.length ? piece.subarray(0, left) : piece)
    if (!mayGoOn && !(await drained(outgoing))) return
  }
  outgoing.end()
}

/** @returns false when the stream has ended instead. */
export function drained(stream: ServerResponse | Socket): Promise<boolean> {
  return new Promise((resolve) => {
    const onDrain = (): void => done(true)
    const onClose = (): void => done(false)
    const done = (isOpen: boolean): void => {
      stream.off('drain', onDrain)
      stream.off('close', onClose)
      resolve(isOpen)
    }
    stream.once('drain', onDrain)
    stream.once('close', onClose)
    if (stream.destroyed) done(false)
  })
}

/** Sends every byte back, with back-pressure. */
export async function startTcpSoakUpstream(): Promise<SoakUpstream> {
  const count = { sent: 0, received: 0 }
  const sockets = new Set<Socket>()
  const server = createTcpServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    socket.on('data', (data) => (count.received += data.length))
    socket.pipe(socket)
  })
  return listening(server, count, () => {
    for (const socket of sockets) socket.destroy()
  })
}

async function listening(server: Server, count: { sent: number; received: number }, cut: () => void): Promise<SoakUpstream> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    sent: () => count.sent,
    received: () => count.received,
    close: async () => {
      server.close()
      cut()
      await once(server, 'close')
    },
  }
}
