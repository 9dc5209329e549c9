/** The clusters that do not depend on services: nowhere, and wherever the connection was going. */
import type { Cluster } from '@heddle/routing'
import type { ProxyView } from '../proxy/proxy-view.js'
import { blackHole, inboundPassthrough, passthrough } from './cluster-name.js'
import { circuitBreakers } from './connection-pool.js'

/** The source address of connections to the app; iptables rules and apps know it from Istio. */
export const inboundSourceAddress = '127.0.0.6'

export function blackHoleCluster(view: ProxyView): Cluster {
  return { name: blackHole, type: 'STATIC', altStatName: `${blackHole};`, connectTimeoutMs: view.snapshot.meshConfig.connectTimeoutMs }
}

export function passthroughCluster(view: ProxyView): Cluster {
  return { ...originalDestination(view, passthrough), metadataExchange: true }
}

export function inboundPassthroughCluster(view: ProxyView): Cluster {
  return { ...originalDestination(view, inboundPassthrough), sourceAddress: inboundSourceAddress }
}

function originalDestination(view: ProxyView, name: string): Cluster {
  return {
    name,
    type: 'ORIGINAL_DST',
    altStatName: `${passthrough};`,
    connectTimeoutMs: view.snapshot.meshConfig.connectTimeoutMs,
    lbPolicy: 'CLUSTER_PROVIDED',
    circuitBreakers: circuitBreakers(undefined),
    http: { protocol: 'use-downstream', idleTimeoutMs: 300_000 },
  }
}
