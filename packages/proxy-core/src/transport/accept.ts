/**
 * Accepted sockets with `onread`. Node offers it only for sockets that connect; an accepted one is adopted: its handle
 * moves into a new socket. That step is undocumented, so it lives here alone, is tried once at the start (`adoptionWorks`),
 * and without it sockets fall back to 'data' events.
 */
import { connect, createServer, Socket, type SocketConstructorOpts } from 'node:net'
import type { Logger } from '@heddle/base'
import type { AbortWatch } from './abort-watch.js'
import { readBuffer } from './read-buffer.js'
import { SocketChannel } from './socket-channel.js'

interface Handle {
  useUserBuffer?: unknown
}
type HandleSocket = Socket & { _handle?: Handle | null }

/** The channel of a socket that was accepted with `pauseOnConnect`; it starts to read in the next turn. */
export function acceptChannel(accepted: Socket, logger: Logger, watch: AbortWatch, adopt: boolean): SocketChannel {
  if (!adopt) {
    const plain = new SocketChannel(accepted, logger, 'data', watch)
    accepted.resume()
    return plain
  }
  let channel: SocketChannel | undefined
  const socket = adoptSocket(accepted, (bytes) => channel?.received(readBuffer, 0, bytes))
  channel = new SocketChannel(socket, logger, 'onread', watch)
  return channel
}

function adoptSocket(accepted: HandleSocket, onBytes: (bytes: number) => void): Socket {
  const handle = accepted._handle
  accepted._handle = null
  const options = {
    handle,
    allowHalfOpen: true,
    onread: {
      buffer: readBuffer,
      callback: (bytes: number): boolean => {
        onBytes(bytes)
        return true
      },
    },
  }
  const socket = new Socket(options as unknown as SocketConstructorOpts)
  // The server counts the connection until the first socket ends; ours is counted by its listener.
  accepted.destroy()
  socket.setNoDelay(true)
  return socket
}

let verdict: Promise<boolean> | undefined

/** Whether adoption works on this Node: one echo over loopback, once a process. */
export function adoptionWorks(): Promise<boolean> {
  verdict ??= tryAdoption().catch(() => false)
  return verdict
}

function tryAdoption(): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (accepted: HandleSocket) => {
      if (typeof accepted._handle?.useUserBuffer !== 'function') return finish(false)
      const socket = adoptSocket(accepted, (bytes) => void socket.write(Buffer.from(readBuffer.subarray(0, bytes))))
      socket.on('error', () => finish(false))
      socket.on('end', () => socket.end())
    })
    let answer = ''
    let probe: Socket | undefined
    const finish = (works: boolean): void => {
      probe?.destroy()
      server.close()
      resolve(works)
    }
    server.on('error', () => finish(false))
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      probe = connect(typeof address === 'object' && address !== null ? address.port : 0, '127.0.0.1')
      probe.setEncoding('latin1')
      probe.on('data', (text: string) => {
        answer += text
        if (answer === 'heddle') probe?.end()
      })
      probe.on('end', () => finish(answer === 'heddle'))
      probe.on('error', () => finish(false))
      probe.write('heddle')
    })
  })
}
