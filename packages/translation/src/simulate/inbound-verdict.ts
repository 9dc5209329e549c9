/** What the destination's own proxy makes of a connection: its PeerAuthentication, and the filter chain that takes it or not. */
import type { FilterChain } from '@heddle/routing'
import type { Pod } from '../resources/kubernetes.js'
import { createProxyView } from '../proxy/proxy-view.js'
import { virtualInbound } from '../inbound/virtual-inbound.js'
import type { MeshSnapshot } from '../snapshot/mesh-snapshot.js'
import { numberInPod, type MeshPort } from '../snapshot/mesh-service.js'
import { shared } from '../snapshot/shared-results.js'
import { effectivePolicy, workloadMutualTls, type EffectiveMode } from '../tls/mutual-tls-mode.js'
import { nodeOfPod } from './client-node.js'
import { placeConnection } from './connection.js'
import type { ClientTls, InboundVerdict } from './simulation.js'

export interface ArrivingConnection {
  readonly address: string
  readonly port: number
  /** Of the service: where a platform binds another port, the Pod's own still counts. */
  readonly servicePort?: MeshPort
  readonly content: 'http' | 'bytes'
  readonly clientTls: ClientTls
  readonly serverName: string | undefined
}

const httpProtocols = ['istio-http/1.1', 'istio', 'http/1.1'] as const
const bytesProtocols = ['istio'] as const

/** Undefined where nobody of the mesh is at the address. */
export function inboundVerdict(snapshot: MeshSnapshot, connection: ArrivingConnection): InboundVerdict | undefined {
  const pod = snapshot.podOf('', undefined, connection.address)
  if (pod === undefined) return undefined
  if (pod.metadata.labels?.['security.istio.io/tlsMode'] !== 'istio') return withoutProxy(connection)
  const { namespace = 'default', labels = {} } = pod.metadata
  const port = (connection.servicePort && numberInPod(pod, connection.servicePort)) ?? connection.port
  const chain = arrivalChain(snapshot, pod, port, connection)
  const demand = workloadMutualTls(snapshot, namespace, labels)
  const mode = demand.ports.get(port) ?? demand.mode
  const policy = effectivePolicy(snapshot, namespace, labels, port)
  const accepted = chain !== undefined && speaks(chain, connection.clientTls)
  return {
    accepted,
    mode,
    ...(policy === undefined ? {} : { policy: `${policy.metadata.namespace ?? 'default'}/${policy.metadata.name ?? ''}` }),
    ...(chain?.name === undefined ? {} : { filterChain: chain.name }),
    reason: reasonOf(mode, connection.clientTls, accepted),
    authorization: 'not-simulated',
  }
}

/** The app itself is there: mutual TLS would have to be its own. */
function withoutProxy({ clientTls }: ArrivingConnection): InboundVerdict | undefined {
  if (clientTls.mode !== 'mutual') return undefined
  return { accepted: false, mode: 'DISABLE', reason: 'there is no sidecar that opens mutual TLS', authorization: 'not-simulated' }
}

function arrivalChain(snapshot: MeshSnapshot, pod: Pod, port: number, connection: ArrivingConnection): FilterChain | undefined {
  const { address, content, clientTls, serverName } = connection
  const listener = shared(snapshot, `inbound|${pod.metadata.namespace ?? 'default'}/${pod.metadata.name ?? ''}`, () =>
    virtualInbound(createProxyView(snapshot, nodeOfPod(pod, 'sidecar'))),
  )
  const protocols = clientTls.mode === 'mutual' ? (content === 'http' ? httpProtocols : bytesProtocols) : []
  return placeConnection(listener, {
    destinationAddress: address,
    destinationPort: port,
    sourceAddress: '192.0.2.1',
    content,
    tls: clientTls.mode === 'plaintext' ? undefined : { serverName, protocols },
  }).chain
}

/** TLS that is not the mesh's may go to the app as it is; the mesh's own must be opened. */
function speaks(chain: FilterChain, { mode }: ClientTls): boolean {
  if (mode === 'plaintext' || chain.tls !== undefined) return true
  return mode === 'tls' && chain.filters.at(-1)?.kind === 'tcp-proxy'
}

function reasonOf(mode: EffectiveMode, { mode: client }: ClientTls, accepted: boolean): string {
  const came = client === 'mutual' ? 'mutual TLS' : client === 'tls' ? "TLS that is not the mesh's" : 'plaintext'
  return accepted ? `${mode} takes ${came}` : `${mode} does not take ${came}: the connection fails`
}
