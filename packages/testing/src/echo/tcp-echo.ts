/** A TCP server that sends every byte back, behind a greeting if asked: a server that speaks first, as databases do. */
import { createServer, type Socket } from 'node:net'
import { type EchoServer, listen } from './echo-server.js'

export interface TcpEchoOptions {
  /** Default: 0, any free port. */
  readonly port?: number
  /** Default: 127.0.0.1. */
  readonly host?: string
  /** Sent as soon as a client connects. Default: nothing. */
  readonly greeting?: string
}

export async function startTcpEcho({ port = 0, host = '127.0.0.1', greeting }: TcpEchoOptions = {}): Promise<EchoServer> {
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    if (greeting !== undefined) socket.write(greeting)
    socket.pipe(socket)
  })
  return listen(server, { host, port }, () => {
    for (const socket of sockets) socket.destroy()
  })
}
