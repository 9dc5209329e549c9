/** Istio's HTTP connection managers: towards the mesh (outbound), from the mesh (inbound), and at its edge (gateway). */
import type { HttpConnectionManager, HttpFilter, NetworkFilter } from '@heddle/routing'
import type { ProxyView } from '../proxy/proxy-view.js'
import { accessLog } from './access-log.js'
import { tracing } from './tracing.js'

type Routes = HttpConnectionManager['routes']

const serverName = 'istio-envoy'

const outboundFilters: readonly HttpFilter[] = clientFilters({ kind: 'stats' })
const gatewayFilters: readonly HttpFilter[] = clientFilters({ kind: 'stats', disableHostHeaderFallback: true })
const inboundFilters: readonly HttpFilter[] = [
  { kind: 'peer-metadata', side: 'downstream', propagate: true },
  { kind: 'grpc-stats' },
  { kind: 'fault' },
  { kind: 'cors' },
  { kind: 'stats', disableHostHeaderFallback: true },
  { kind: 'router' },
]

function clientFilters(stats: HttpFilter): readonly HttpFilter[] {
  return [
    { kind: 'peer-metadata', side: 'upstream', propagate: true },
    { kind: 'grpc-stats' },
    { kind: 'alpn' },
    { kind: 'fault' },
    { kind: 'cors' },
    stats,
    { kind: 'router' },
  ]
}

function common(view: ProxyView, statPrefix: string, routes: Routes): Omit<HttpConnectionManager, 'httpFilters'> {
  return {
    statPrefix: `${statPrefix};`,
    routes,
    ...accessLog(view.snapshot.meshConfig),
    ...tracing(view),
    upgradeTypes: ['websocket'],
    streamIdleTimeoutMs: 0,
    normalizePath: true,
    pathWithEscapedSlashesAction: 'KEEP_UNCHANGED',
    proxy100Continue: true,
  }
}

export function outboundManager(view: ProxyView, statPrefix: string, routeConfigName: string): NetworkFilter {
  const routes: Routes = { kind: 'rds', routeConfigName }
  const manager = { ...common(view, statPrefix, routes), httpFilters: outboundFilters, useRemoteAddress: false }
  return { kind: 'http-connection-manager', manager }
}

export function inboundManager(view: ProxyView, statPrefix: string, routes: Routes, http2: boolean): NetworkFilter {
  return {
    kind: 'http-connection-manager',
    manager: {
      ...common(view, statPrefix, routes),
      httpFilters: inboundFilters,
      useRemoteAddress: false,
      forwardClientCertDetails: 'APPEND_FORWARD',
      setCurrentClientCertDetails: { subject: true, uri: true, dns: true },
      serverName,
      ...(http2 ? { http2ProtocolOptions: {} } : {}),
    },
  }
}

export function gatewayManager(view: ProxyView, statPrefix: string, routeConfigName: string): NetworkFilter {
  return {
    kind: 'http-connection-manager',
    manager: {
      ...common(view, statPrefix, { kind: 'rds', routeConfigName }),
      httpFilters: gatewayFilters,
      useRemoteAddress: true,
      forwardClientCertDetails: 'SANITIZE_SET',
      setCurrentClientCertDetails: { subject: true, cert: true, uri: true, dns: true },
      serverName,
      httpProtocolOptions: {},
    },
  }
}
