/**
 * Ports outside the mesh are shared by all meshes of the machine, and a gateway binds its own only when a Gateway asks for
 * them. Until then a claim keeps others away: a listening socket on an address that stands for nothing else. The kernel
 * gives it to one process alone and takes it back when that process ends, however it ends.
 */
import { createServer, type Server } from 'node:net'

export interface PortClaims {
  /** @returns false when another mesh holds the port. */
  take(port: number): Promise<boolean>
  release(port: number): void
  close(): void
}

/** Below the subnets that meshes lease. */
const claimAddress = '127.9.255.254'

export function createPortClaims(): PortClaims {
  const held = new Map<number, Server>()
  return {
    async take(port) {
      if (held.has(port)) return true
      const server = await claim(port)
      if (server === 'taken') return false
      if (server) held.set(port, server)
      return true
    },
    release(port) {
      held.get(port)?.close()
      held.delete(port)
    },
    close() {
      for (const server of held.values()) server.close()
      held.clear()
    },
  }
}

/** Undefined where the machine has no such address: there ports are only looked at, not claimed. */
function claim(port: number): Promise<Server | 'taken' | undefined> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy())
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'EADDRINUSE' ? 'taken' : undefined))
    server.listen({ host: claimAddress, port, exclusive: true }, () => resolve(server.unref()))
  })
}
