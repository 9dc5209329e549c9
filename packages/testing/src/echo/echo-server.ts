/** What all echo servers have in common once they listen. */
import { once } from 'node:events'
import type { AddressInfo, Server } from 'node:net'

export interface EchoServer {
  readonly host: string
  readonly port: number
  /** Ends connections at once and stops listening. */
  close(): Promise<void>
}

/** @param cut ends the server's connections. */
export async function listen(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
  cut: () => void,
): Promise<EchoServer> {
  server.listen(port, host)
  await once(server, 'listening')
  return {
    host,
    port: (server.address() as AddressInfo).port,
    async close() {
      server.close()
      cut()
      await once(server, 'close')
    },
  }
}
