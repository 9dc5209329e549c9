/**
 * Which HTTP an upstream is spoken to in (Envoy's HttpProtocolOptions): the configured one, the client's, or what ALPN
 * chooses; and the names that TLS offers for it.
 */
import type { ClusterRuntime } from './cluster/cluster-runtime.js'
import type { Endpoint } from './endpoint/endpoint.js'
import type { ManagerRuntime } from './router/exchange-deps.js'
import { http2Protocols, istioHttp1, istioHttp2, unspokenProtocols } from './transport/alpn.js'

/** `auto`: whatever ALPN agrees on; plaintext is HTTP/1.1 then. */
export type UpstreamProtocol = 'http1' | 'http2' | 'auto'

/** @param downstream that the client speaks. */
export function upstreamProtocolOf({ config }: ClusterRuntime, endpoint: Endpoint, downstream: string | undefined): UpstreamProtocol {
  const protocol = config.http?.protocol
  if (protocol === undefined) return 'http1'
  if (protocol === 'use-downstream') return downstream === 'HTTP/2' ? 'http2' : 'http1'
  return protocol === 'auto' && endpoint.transport.kind !== 'tls' ? 'http1' : protocol
}

const defaultProtocols: Readonly<Record<UpstreamProtocol, readonly string[]>> = { http1: [], http2: ['h2'], auto: ['h2', 'http/1.1'] }

export function httpAlpn(
  cluster: ClusterRuntime,
  endpoint: Endpoint,
  manager: ManagerRuntime,
  protocol: UpstreamProtocol,
): readonly string[] {
  if (endpoint.transport.kind !== 'tls') return []
  const overridden = manager.overridesAlpn && cluster.config.metadata?.['istio']?.['alpn_override'] !== 'false'
  if (overridden) return protocol === 'http1' ? istioHttp1 : istioHttp2
  const configured = (endpoint.transport.tls.common.alpnProtocols ?? []).filter((name) => !unspokenProtocols.has(name))
  if (configured.length === 0) return defaultProtocols[protocol]
  return protocol === 'http1' ? configured.filter((name) => !http2Protocols.has(name)) : configured
}

export function tcpAlpn(endpoint: Endpoint): readonly string[] {
  if (endpoint.transport.kind !== 'tls') return []
  // An opaque connection may carry any of them: only Istio's frame is withheld.
  return (endpoint.transport.tls.common.alpnProtocols ?? []).filter((name) => !unspokenProtocols.has(name))
}
