/** The filter chains of `virtualInbound`: a guard, what nobody declared, and one set per port of the workload's Services. */
import type { FilterChain, NetworkFilter, RouteConfiguration } from '@heddle/routing'
import { inboundName, inboundPassthrough } from '../cluster/cluster-name.js'
import { tcpLimits } from '../cluster/connection-pool.js'
import { policyFor } from '../cluster/traffic-policy.js'
import { inboundManager } from '../filter/connection-manager.js'
import { silentBlackHole, tcpProxy, type TcpSettings } from '../filter/tcp-proxy.js'
import type { ProxyView } from '../proxy/proxy-view.js'
import { inboundRoute } from '../route/default-route.js'
import { isHttp2, type PortProtocol } from '../snapshot/port-protocol.js'
import { inboundMutualTls } from '../tls/inbound-tls.js'
import { workloadMutualTls, type EffectiveMode } from '../tls/mutual-tls-mode.js'
import { chainOptions, type ChainOption } from './chain-options.js'
import { inboundPorts } from './inbound-ports.js'

export const inboundPort = 15_006

const stats: NetworkFilter = { kind: 'stats', disableHostHeaderFallback: true }
const metadataExchange: NetworkFilter = { kind: 'metadata-exchange' }

/** What a set of chains leads to, and how its parts are called. */
interface Target {
  readonly cluster: string
  /** Absent: any port that no Service names. */
  readonly destinationPort?: number
  readonly protocol: PortProtocol
  readonly mode: EffectiveMode
  readonly names: { readonly http: string; readonly tcp: string }
  readonly statPrefix: string
  /** The Service's own port, as the virtual host names it. */
  readonly servicePort: number
  readonly operation: string
  /** What is asked of TCP connections. */
  readonly tcp?: TcpSettings
}

export function inboundChains(view: ProxyView): readonly FilterChain[] {
  const demand = workloadMutualTls(view.snapshot, view.namespace, view.labels)
  const ports = inboundPorts(view)
  const declared = new Set(ports.map((port) => port.targetPort))
  const undeclared = [...demand.ports].filter(([port]) => !declared.has(port)).toSorted(([left], [right]) => left - right)
  return [
    guard(),
    ...chains(view, passthroughTarget(demand.mode)),
    ...undeclared.flatMap(([port, mode]) => chains(view, { ...passthroughTarget(mode), destinationPort: port })),
    ...ports.flatMap(({ targetPort, service, port }) =>
      chains(view, {
        cluster: inboundName(targetPort),
        destinationPort: targetPort,
        protocol: port.protocol,
        mode: demand.ports.get(targetPort) ?? demand.mode,
        names: { http: `0.0.0.0_${targetPort}`, tcp: `0.0.0.0_${targetPort}` },
        statPrefix: `inbound_0.0.0.0_${targetPort}`,
        servicePort: port.number,
        operation: `${service.host}:${port.number}`,
        tcp: tcpLimits(policyFor(view.inboundRuleFor(service), undefined, port.number).connectionPool),
      }),
    ),
  ]
}

/** A connection to this very port would come back here for ever. */
function guard(): FilterChain {
  return {
    name: 'virtualInbound-blackhole',
    match: { destinationPort: inboundPort },
    filters: [metadataExchange, stats, silentBlackHole()],
  }
}

function passthroughTarget(mode: EffectiveMode): Target {
  return {
    cluster: inboundPassthrough,
    protocol: 'auto',
    mode,
    names: { http: 'virtualInbound-catchall-http', tcp: 'virtualInbound' },
    statPrefix: inboundPassthrough,
    servicePort: 0,
    operation: ':0',
  }
}

function chains(view: ProxyView, target: Target): readonly FilterChain[] {
  return chainOptions(target.mode, target.protocol).map((option) => chain(view, target, option))
}

function chain(view: ProxyView, target: Target, option: ChainOption): FilterChain {
  const { content } = option
  const match = { ...(target.destinationPort === undefined ? {} : { destinationPort: target.destinationPort }), ...option.match }
  return {
    name: target.names[content],
    ...(Object.keys(match).length === 0 ? {} : { match }),
    ...(option.mutualTls ? { tls: inboundMutualTls(view.snapshot.meshConfig, content) } : {}),
    filters:
      content === 'http'
        ? [metadataExchange, manager(view, target)]
        : [metadataExchange, stats, tcpProxy(view.snapshot.meshConfig, target.cluster, target.tcp)],
  }
}

function manager(view: ProxyView, target: Target): NetworkFilter {
  const http2 = isHttp2(target.protocol)
  const routeConfiguration: RouteConfiguration = {
    name: target.cluster,
    virtualHosts: [
      {
        name: `inbound|http|${target.servicePort}`,
        domains: ['*'],
        routes: [inboundRoute(target.cluster, target.operation, http2)],
      },
    ],
  }
  return inboundManager(view, target.statPrefix, { kind: 'inline', routeConfiguration }, http2)
}
