/**
 * A sidecar's listeners for outgoing traffic. Only `virtualOutbound` has a socket; it hands every connection to the listener
 * of its original destination. HTTP ports share `0.0.0.0_PORT`; other ports have a listener per service address.
 */
import type { FilterChain, Listener, ListenerFilter } from '@heddle/routing'
import { blackHole, passthrough } from '../cluster/cluster-name.js'
import { unroutedAccessLog } from '../filter/access-log.js'
import { outboundManager } from '../filter/connection-manager.js'
import { silentBlackHole, tcpProxy } from '../filter/tcp-proxy.js'
import type { ProxyView } from '../proxy/proxy-view.js'
import { outboundPorts, type AddressedPort, type OutboundPorts, type SharedTarget } from './outbound-ports.js'
import { connectTimeoutMs, serviceChains } from './service-chains.js'

const outboundPort = 15_001

export function outboundListeners(view: ProxyView): readonly Listener[] {
  const ports = outboundPorts(view)
  return [
    virtualOutbound(view),
    ...everywhere(ports).map(([port, targets]) => sharedListener(view, port, ports.http.includes(port), targets)),
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
  return view.outboundTrafficPolicy === 'ALLOW_ANY' ? passthrough : blackHole
}

/** Ports with a listener on every address, and what is told there by something else than a host. */
function everywhere({ http, shared }: OutboundPorts): readonly (readonly [number, readonly SharedTarget[]])[] {
  const others = new Map(shared.map(({ number, targets }) => [number, targets]))
  return [...new Set([...http, ...others.keys()])].map((port) => [port, others.get(port) ?? []])
}

function sharedListener(view: ProxyView, port: number, http: boolean, targets: readonly SharedTarget[]): Listener {
  const name = `0.0.0.0_${port}`
  const speaksHttp = http || targets.some((target) => target.port.protocol === 'auto')
  const chains = targets.flatMap(({ service, port: own, block }) => serviceChains(view, service, own, { byName: true, block }))
  const open = chains.find((chain) => chain.match === undefined)
  const told = chains.filter((chain) => chain.match !== undefined)
  const inspectors = [...(bySni(told) ? [tlsInspector] : []), ...(speaksHttp ? [httpInspector] : [])]
  const common = { ...unbound(name, '0.0.0.0', port), ...(inspectors.length === 0 ? {} : { listenerFilters: inspectors }) }
  if (open !== undefined && !speaksHttp) return { ...common, filterChains: [...told, open] }
  return {
    ...common,
    filterChains: [...(speaksHttp ? [httpChain(view, name, String(port))] : []), ...told],
    // What is none of that was not meant for a service of the mesh.
    defaultFilterChain: open ?? {
      name: 'PassthroughFilterChain',
      match: {},
      filters: [{ kind: 'stats' }, tcpProxy(view.snapshot.meshConfig, unknownDestination(view))],
    },
  }
}

const tlsInspector: ListenerFilter = { kind: 'tls-inspector' }
const httpInspector: ListenerFilter = { kind: 'http-inspector' }

function bySni(chains: readonly FilterChain[]): boolean {
  return chains.some((chain) => chain.match?.serverNames?.length)
}

function addressedListener(view: ProxyView, target: AddressedPort): Listener {
  const { service, port, address } = target
  const name = `${address}_${port.number}`
  const chains = serviceChains(view, service, port)
  if (port.protocol !== 'auto') {
    return {
      ...unbound(name, address, port.number),
      ...(bySni(chains) ? { listenerFilters: [tlsInspector] } : {}),
      filterChains: chains,
    }
  }
  const otherwise = chains.find((chain) => chain.match === undefined)
  return {
    ...unbound(name, address, port.number),
    listenerFilters: [httpInspector],
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
