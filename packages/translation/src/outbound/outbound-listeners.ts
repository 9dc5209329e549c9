/**
 * A sidecar's listeners for outgoing traffic. Only `virtualOutbound` has a socket; it hands every connection to the listener
 * of its original destination. HTTP ports share `0.0.0.0_PORT`; other ports have a listener per service address.
 */
import type { FilterChain, Listener } from '@heddle/routing'
import { blackHole, passthrough } from '../cluster/cluster-name.js'
import { unroutedAccessLog } from '../filter/access-log.js'
import { outboundManager } from '../filter/connection-manager.js'
import { silentBlackHole, tcpProxy } from '../filter/tcp-proxy.js'
import type { ProxyView } from '../proxy/proxy-view.js'
import { outboundPorts, type AddressedPort } from './outbound-ports.js'
import { connectTimeoutMs, serviceChains } from './service-chains.js'

const outboundPort = 15_001

export function outboundListeners(view: ProxyView): readonly Listener[] {
  const ports = outboundPorts(view)
  return [
    virtualOutbound(view),
    ...ports.http.map((port) => httpListener(view, port)),
    ...ports.addressed.map((target) => addressedListener(view, target)),
  ]
}

/** The name of the routes of a port whose protocol is detected: its routes are the service's alone. */
export function detectedRouteName(target: Pick<AddressedPort, 'service' | 'port'>): string {
  return `${target.service.host}:${target.port.number}`
}

function virtualOutbound(view: ProxyView): Listener {
  const mesh = view.snapshot.meshConfig
  return {
    name: 'virtualOutbound',
    address: { address: '0.0.0.0', port: outboundPort },
    trafficDirection: 'outbound',
    useOriginalDst: true,
    filterChains: [
      // A connection to this very port would come back here for ever.
      { name: 'virtualOutbound-blackhole', match: { destinationPort: outboundPort }, filters: [{ kind: 'stats' }, silentBlackHole()] },
      { name: 'virtualOutbound-catchall-tcp', filters: [{ kind: 'stats' }, tcpProxy(mesh, unknownDestination(view))] },
    ],
    ...unroutedAccessLog(mesh),
    maxConnectionsToAcceptPerSocketEvent: 1,
  }
}

function unknownDestination(view: ProxyView): string {
  return view.snapshot.meshConfig.outboundTrafficPolicy === 'ALLOW_ANY' ? passthrough : blackHole
}

function httpListener(view: ProxyView, port: number): Listener {
  const name = `0.0.0.0_${port}`
  return {
    ...unbound(name, '0.0.0.0', port),
    listenerFilters: [{ kind: 'http-inspector' }],
    filterChains: [httpChain(view, name, String(port))],
    // What is not HTTP on an HTTP port was not meant for a service of the mesh.
    defaultFilterChain: {
      name: 'PassthroughFilterChain',
      match: {},
      filters: [{ kind: 'stats' }, tcpProxy(view.snapshot.meshConfig, unknownDestination(view))],
    },
  }
}

function addressedListener(view: ProxyView, target: AddressedPort): Listener {
  const { service, port, address } = target
  const name = `${address}_${port.number}`
  const chains = serviceChains(view, service, port)
  const bySni = chains.some((chain) => chain.match?.serverNames?.length)
  if (port.protocol !== 'auto') {
    return {
      ...unbound(name, address, port.number),
      ...(bySni ? { listenerFilters: [{ kind: 'tls-inspector' }] } : {}),
      filterChains: chains,
    }
  }
  const otherwise = chains.find((chain) => chain.match === undefined)
  return {
    ...unbound(name, address, port.number),
    listenerFilters: [{ kind: 'http-inspector' }],
    filterChains: [httpChain(view, name, detectedRouteName(target)), ...chains.filter((chain) => chain !== otherwise)],
    ...(otherwise === undefined ? {} : { defaultFilterChain: otherwise }),
  }
}

function unbound(name: string, address: string, port: number): Omit<Listener, 'filterChains'> {
  return {
    name,
    address: { address, port },
    trafficDirection: 'outbound',
    bindToPort: false,
    listenerFiltersTimeoutMs: 0,
    continueOnListenerFiltersTimeout: true,
  }
}

function httpChain(view: ProxyView, listener: string, routeConfigName: string): FilterChain {
  return {
    match: { transportProtocol: 'raw_buffer', applicationProtocols: ['http/1.1', 'h2c'] },
    filters: [outboundManager(view, `outbound_${listener}`, routeConfigName)],
    transportSocketConnectTimeoutMs: connectTimeoutMs,
  }
}
