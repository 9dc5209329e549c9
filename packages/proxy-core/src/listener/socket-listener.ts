/** One bound address. It accepts, counts, limits and hands over; what a connection is, others decide. */
import { createServer, type Server, type Socket } from 'node:net'
import { HeddleError, type Logger } from '@heddle/base'
import { guard } from '../guard/guard.js'

export interface SocketListenerOptions {
  readonly address: string
  readonly port: number
  /** Name for messages. */
  readonly name: string
  readonly logger: Logger
  /** @returns false when the connection must be closed at once (over a limit). */
  accept(socket: Socket): boolean
}

export interface SocketListener {
  /** The bound port. */
  readonly port: number
  /** Stops accepting; connections stay. */
  close(): void
}

/** @throws HEDDLE_PROXY_LISTEN */
export function openSocketListener(options: SocketListenerOptions): Promise<SocketListener> {
  return new Promise((resolve, reject) => {
    const server: Server = createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true })
    server.on('connection', (socket) => {
      socket.on('error', () => {})
      guard(options.logger, 'accept', () => {
        if (!options.accept(socket)) socket.destroy()
      })
    })
    server.once('error', (cause: NodeJS.ErrnoException) => reject(listenError(options, cause)))
    server.listen({ host: options.address, port: options.port, backlog: 1024 }, () => {
      server.removeAllListeners('error')
      server.on('error', (error) => options.logger.error('a listener failed', { listener: options.name, error }))
      const address = server.address()
      resolve({ port: typeof address === 'object' && address !== null ? address.port : options.port, close: () => void server.close() })
    })
  })
}

function listenError(options: SocketListenerOptions, cause: NodeJS.ErrnoException): HeddleError {
  return new HeddleError({
    code: 'HEDDLE_PROXY_LISTEN',
    message: `listener "${options.name}" cannot bind ${options.address}:${options.port}: ${cause.code ?? cause.message}`,
    origin: 'user',
    retryable: cause.code === 'EADDRINUSE',
    hint:
      cause.code === 'EADDRINUSE'
        ? 'Another program uses the port: stop it or choose another port.'
        : 'Check the address and the permission to bind it.',
    cause,
  })
}
