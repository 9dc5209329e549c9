/**
 * Resets, sent and received. An RST tells a peer at once that it was cut, so that it does not take what it has for everything.
 * Node sends one on plain sockets only; under TLS the handle of the connection below is closed that way in its place. One that
 * came shows at the next read or write; without either, in that the connection has no peer any more. Both steps are undocumented,
 * so they live here alone, and where a Node does not know them the socket is closed as usual, or the reset found later.
 */
import type { Socket } from 'node:net'

interface ConnectionHandle {
  close(done?: () => void): void
  /** @returns 0, or why it cannot. */
  reset?(done?: () => void): number
}
interface PeeredHandle {
  /** @returns 0, or the number of an error. */
  getpeername?(address: object): number
}
interface TlsHandle {
  readonly _parent?: ConnectionHandle
  /** The socket below, where TLS was put on one: it closes by itself. */
  readonly _parentWrap?: unknown
}

export function resetSocket(socket: Socket): void {
  // While its FIN is on the way a connection cannot be reset.
  if (socket.writableEnded && !socket.writableFinished) return void socket.destroy()
  if (!('encrypted' in socket)) return void socket.resetAndDestroy()
  const handle = (socket as unknown as { readonly _handle?: TlsHandle | null })._handle
  const below = handle?._parent
  if (below?.reset !== undefined && handle?._parentWrap == null) {
    const close = below.close.bind(below)
    below.close = (done) => {
      if (below.reset?.(done) !== 0) close(done)
    }
  }
  socket.destroy()
}

export function hasLostPeer(socket: Socket): boolean {
  const handle = (socket as unknown as { readonly _handle?: PeeredHandle | null })._handle
  return handle?.getpeername !== undefined && handle.getpeername({}) !== 0
}
