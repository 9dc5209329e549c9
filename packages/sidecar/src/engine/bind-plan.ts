/**
 * Where a proxy really listens and dials. The configuration is Istio's, written for packets that iptables redirects to
 * 15001 and 15006; on the local platform there is no redirection, so the plan says what stands in for it:
 *
 *   15001 on the Pod IP     PROXY v2 with the original destination (the preload writes it)
 *   15002 on the Pod IP     explicit HTTP proxy, for programs without the preload
 *   each inbound port       the Pod IP's port itself is the original destination
 *   gateway ports           on the Pod IP and on the address outside the mesh, which the gateway's replicas share
 */
import { boundPort, type PodContract, proxyPorts } from '@heddle/client'
import type { BindTarget, DialTarget } from '@heddle/proxy-core'
import type { Cluster, LbEndpoint, Listener } from '@heddle/routing'

export interface BindPlan {
  bind(listener: Listener): readonly BindTarget[]
  dial(cluster: Cluster, endpoint: LbEndpoint): DialTarget
}

export interface BindPlanOptions {
  readonly pod: PodContract
  /** Proof that a captured connection comes from this Pod. */
  readonly token: string
  /** Ports that the Pod declares, served or not. */
  readonly declaredPorts: readonly number[]
}

export function createBindPlan({ pod, token, declaredPorts }: BindPlanOptions): BindPlan {
  const { podIp, appAddress, portMap, externalAddress } = pod
  return {
    bind(listener) {
      if (listener.useOriginalDst && listener.trafficDirection === 'outbound') {
        return [
          { address: podIp, port: proxyPorts.outbound, original: { kind: 'proxy-v2', token } },
          { address: podIp, port: proxyPorts.httpProxy, original: { kind: 'http-proxy', token } },
        ]
      }
      if (readsOriginalDestination(listener)) {
        return inboundPorts(listener, declaredPorts).map((port) => ({
          address: podIp,
          port: boundPort(portMap, port),
          original: { kind: 'fixed', address: podIp, port },
        }))
      }
      if (listener.bindToPort === false) return []
      const declared = listener.address.port
      const target = { port: boundPort(portMap, declared), original: { kind: 'fixed', address: podIp, port: declared } } as const
      const inMesh = { ...target, address: podIp }
      // A port of the map is kept for this gateway's Pods; another one may be any program's.
      const isShared = portMap[String(declared)] !== undefined
      return externalAddress === undefined ? [inMesh] : [inMesh, { ...target, address: externalAddress, shared: isShared }]
    },
    dial(cluster, endpoint) {
      const { address, port } = endpoint.address
      if (isInbound(cluster))
        return { host: appAddress, port: boundPort(portMap, port), localAddress: cluster.sourceAddress ?? '127.0.0.6' }
      // Connections inside the mesh come from the Pod's own address, so that source addresses mean something.
      return address.startsWith('127.') ? { host: address, port, localAddress: podIp } : { host: address, port }
    },
  }
}

/** Istio's virtualInbound: redirected packets tell their destination through a listener filter. */
function readsOriginalDestination({ trafficDirection, listenerFilters = [] }: Listener): boolean {
  return trafficDirection === 'inbound' && listenerFilters.some(({ kind }) => kind === 'original-dst')
}

function isInbound({ name }: Cluster): boolean {
  return name.startsWith('inbound|') || name === 'InboundPassthroughCluster'
}

/** Ports that a Service leads to, and those that only the Pod declares. */
function inboundPorts(listener: Listener, declared: readonly number[]): readonly number[] {
  const served = listener.filterChains.flatMap(({ match }) => (match?.destinationPort === undefined ? [] : [match.destinationPort]))
  const own = new Set<number>(Object.values(proxyPorts))
  return [...new Set([...served, ...declared])].filter((port) => !own.has(port)).sort((left, right) => left - right)
}

interface ContainerPort {
  readonly containerPort?: number
  readonly protocol?: string
}

/** Istio's node metadata `POD_PORTS`: the container ports as JSON. */
export function declaredPortsOf(metadata: Readonly<Record<string, unknown>>): readonly number[] {
  const text = metadata['POD_PORTS']
  if (typeof text !== 'string' || text.trim() === '') return []
  try {
    const ports = JSON.parse(text) as readonly ContainerPort[] | null
    if (!Array.isArray(ports)) return []
    return (ports as readonly ContainerPort[]).flatMap(({ containerPort, protocol }) =>
      containerPort === undefined || (protocol ?? 'TCP') !== 'TCP' ? [] : [containerPort],
    )
  } catch {
    return []
  }
}
