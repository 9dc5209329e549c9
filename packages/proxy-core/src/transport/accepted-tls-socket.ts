/**
 * TLS on an accepted connection, put right on its handle. `new TLSSocket(socket)` takes no `onread`, so that each read of a
 * server would allocate, and it keeps the plain socket beside it for the life of the connection; both sockets cost memory and
 * each their part of a handshake. Without a socket TLSSocket asks `_wrapHandle` for its handle, as `tls.connect` does: here it
 * gets the accepted one. That step is undocumented, so it lives here alone, and where a Node does not know it TLS is put on the
 * socket as documented.
 */
import type { Socket } from 'node:net'
import { TLSSocket, type TLSSocketOptions } from 'node:tls'
import { readBuffer } from './read-buffer.js'

interface Handle {
  receive?(bytes: Buffer): void
  useUserBuffer?(buffer: Buffer): void
}
type HandleSocket = Socket & { _handle?: Handle | null }
type WrapHandle = (wrap: unknown, handle: unknown, ...rest: readonly unknown[]) => Handle

const acceptedHandle = Symbol('accepted handle')
const { _wrapHandle: wrapHandle } = TLSSocket.prototype as unknown as { readonly _wrapHandle?: WrapHandle }

class AcceptedTlsSocket extends TLSSocket {
  declare connecting: boolean
  declare readonly _tlsOptions: { readonly [acceptedHandle]: unknown }

  constructor(handle: unknown, options: TLSSocketOptions) {
    // Typed as if the socket were needed: `tls.connect` gives none either.
    super(undefined as unknown as Socket, { ...options, [acceptedHandle]: handle } as TLSSocketOptions)
    this.connecting = false
  }

  _wrapHandle(wrap: unknown, _handle: unknown, ...rest: readonly unknown[]): Handle {
    return (wrapHandle as WrapHandle).call(this, wrap, this._tlsOptions[acceptedHandle], ...rest)
  }
}

/**
 * @param socket is of no use afterwards. @param read bytes that were read from it already.
 * @param onBytes told how many bytes were read into `readBuffer`, where this Node can; otherwise they come as 'data'.
 */
export function putTlsOn(socket: Socket, read: Buffer, options: TLSSocketOptions, onBytes: (bytes: number) => void): TLSSocket {
  const plain = socket as HandleSocket
  const handle = plain._handle
  if (typeof wrapHandle !== 'function' || typeof handle?.useUserBuffer !== 'function' || plain.writableLength > 0) {
    if (read.length > 0) plain.unshift(read)
    return new TLSSocket(plain, options)
  }
  const onread = {
    buffer: readBuffer,
    callback: (bytes: number): boolean => {
      onBytes(bytes)
      return true
    },
  }
  plain._handle = null
  const secure = new AcceptedTlsSocket(handle, { ...options, allowHalfOpen: true, onread } as TLSSocketOptions)
  plain.destroy()
  // As Node itself hands over what a socket has read before TLS came: when the listeners are there.
  if (read.length > 0) process.nextTick(() => (secure as unknown as { readonly _handle?: Handle | null })._handle?.receive?.(read))
  return secure
}
