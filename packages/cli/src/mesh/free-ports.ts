/** Ports that the system has free, for a gateway that is to be in nobody's way. */
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import type { GatewayPorts } from '../install/profile.js'

/** All of them are held until each is known, so that no two are the same. */
export async function freeGatewayPorts(): Promise<GatewayPorts> {
  const servers = Array.from({ length: 4 }, () => createServer().listen({ port: 0, host: '127.0.0.1' }))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const [http, https, tcp, tls] = servers.map((server) => (server.address() as AddressInfo).port) as [number, number, number, number]
  await Promise.all(servers.map((server) => once(server.close(), 'close')))
  return { http, https, tcp, tls }
}
