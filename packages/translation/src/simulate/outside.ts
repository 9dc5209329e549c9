/** A client without a sidecar: nothing routes its request, and only the destination's own proxy has a say. */
import { createProxyView } from '../proxy/proxy-view.js'
import { portOf } from '../snapshot/mesh-service.js'
import type { MeshSnapshot } from '../snapshot/mesh-snapshot.js'
import { nodeFor, type Asker } from './client-node.js'
import { findDestination } from './destination.js'
import { inboundVerdict } from './inbound-verdict.js'
import type { ParsedTarget, SimulatedRequest } from './simulated-request.js'
import type { BackendEndpoint, Simulation } from './simulation.js'

const plaintext = { mode: 'plaintext', reason: 'the client has no sidecar' } as const
const ownTls = { mode: 'tls', reason: 'the client speaks TLS by itself' } as const

export function simulateOutside(snapshot: MeshSnapshot, asker: Asker, request: SimulatedRequest, target: ParsedTarget): Simulation {
  const view = createProxyView(snapshot, nodeFor(asker))
  const { host, service, address } = findDestination(view, target)
  const port = service && portOf(service, target.port)
  const isTls = target.scheme === 'https' || target.scheme === 'tls'
  const clientTls = isTls ? ownTls : plaintext
  const content = target.scheme === 'http' || target.scheme === 'https' ? 'http' : 'bytes'
  const endpoints =
    service === undefined || port === undefined ? [] : snapshot.endpointsOf(service, port).map((endpoint) => ({ endpoint, port }))
  const backends: readonly BackendEndpoint[] = endpoints.map(({ endpoint, port: servicePort }) => {
    const inbound = inboundVerdict(snapshot, {
      address: endpoint.address,
      port: endpoint.port,
      servicePort,
      content,
      clientTls,
      serverName: request.sni ?? target.host,
    })
    return {
      address: endpoint.address,
      port: endpoint.port,
      ...(endpoint.healthy === undefined ? {} : { healthy: endpoint.healthy }),
      ...(endpoint.workload === '' ? {} : { workload: `${endpoint.workload}.${endpoint.namespace}` }),
      priority: 0,
      weight: endpoint.weight ?? 1,
      clientTls,
      ...(inbound === undefined ? {} : { inbound }),
    }
  })
  const { scheme, authority, path } = target
  return {
    client: { kind: 'outside', name: asker.name, namespace: asker.namespace, labels: {} },
    request: {
      method: (request.method ?? 'GET').toUpperCase(),
      scheme,
      authority,
      path,
      port: target.port,
      ...(isTls ? { serverName: request.sni ?? target.host } : {}),
    },
    destination: { host, ...(service === undefined ? {} : { service: service.host }), address, port: target.port },
    listener: undefined,
    filterChains: [],
    rules: [],
    outcome: {
      kind: 'tcp',
      backends: [{ cluster: '', share: 100, exists: true, host: service?.host ?? host, port: target.port, endpoints: backends }],
    },
    notes: ['a client without a sidecar: VirtualServices and DestinationRules have no effect on it'],
    issues: [],
  }
}
