/**
 * The proxy in a process of its own, so that its memory and its time are its alone: HTTP on one port, the same at an edge
 * on another, TCP on a third, one upstream. Prints its ports as a line of JSON; a line `gc` on its input collects garbage and prints what the process holds.
 */
import { readdirSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Listener } from '@heddle/routing'
import { createProxy } from '@heddle/proxy-core'
import { action, anyRoute, httpListener, staticCluster } from '../integration/harness.js'

export interface Holdings {
  readonly heapBytes: number
  readonly fds: number
  readonly handles: number
  readonly downstreamConnections: number
  readonly upstreamConnections: number
  readonly activeRequests: number
}

const [port] = process.argv.slice(2).map(Number)
const http: Listener = { ...httpListener([anyRoute(action('u'))]), name: 'http' }
const proxy = { statPrefix: 'tcp', target: { kind: 'cluster', cluster: 'u' } } as const
const tcp: Listener = { ...http, name: 'tcp', filterChains: [{ filters: [{ kind: 'tcp-proxy', proxy }] }] }
const edge: Listener = { ...httpListener([anyRoute(action('u'))], { useRemoteAddress: true }), name: 'edge' }
const limits = { maxConnections: 1_000_000, maxPendingRequests: 1_000_000, maxRequests: 1_000_000 }
const clusters = [staticCluster('u', [port ?? 0], { circuitBreakers: limits })]
const engine = createProxy({ listeners: [http, edge, tcp], routeConfigurations: [], clusters, endpoints: [] }, { maxConnections: 100_000 })
await engine.start()
const ports = Object.fromEntries(engine.listeners().map(({ name, port: own }) => [name, own]))
process.stdout.write(`${JSON.stringify(ports)}\n`)

createInterface({ input: process.stdin }).on('line', () => {
  for (let round = 0; round < 4; round++) (globalThis as { gc?: () => void }).gc?.()
  const stats = engine.stats()
  const holdings: Holdings = {
    heapBytes: process.memoryUsage().heapUsed,
    fds: readdirSync('/proc/self/fd').length,
    handles: process.getActiveResourcesInfo().length,
    downstreamConnections: stats.downstreamConnections,
    upstreamConnections: stats.clusters[0]?.activeConnections ?? 0,
    activeRequests: stats.clusters[0]?.activeRequests ?? 0,
  }
  process.stdout.write(`${JSON.stringify(holdings)}\n`)
})
