/**
 * Who is at both ends of an exchange. The other end is known from its peer metadata over mutual TLS, else from the
 * endpoint's metadata, else from its certificate. The answer is kept with the connection, so that a request costs a
 * comparison of its header with the last one.
 */
import type { LbEndpoint } from '@heddle/routing'
import type { DecisionRecord, DownstreamConnection, UpstreamConnectionInfo } from '../decision-record.js'
import { createPeerTable, type Peer, peerOfEndpoint, peerOfPrincipal, peerOfWorkload, unknownValue, type WorkloadMetadata } from './peer.js'
import { decodePeerMetadata, peerMetadataHeader } from './peer-metadata.js'

export type Reporter = 'source' | 'destination'

/** Both ends of one exchange; one object for equal ends. */
export interface Ends {
  readonly reporter: Reporter
  readonly source: Peer
  readonly destination: Peer
  readonly isMutualTls: boolean
}

/** What a connection's peer said last; the same bytes mean the same peer. */
interface Memory {
  readonly header: string | undefined
  readonly ends: Ends
}

interface Holder {
  telemetryState: unknown
}

export interface EndsResolver {
  endsOf(record: DecisionRecord): Ends
}

export function createEndsResolver(workload: WorkloadMetadata): EndsResolver {
  return new Resolver(workload)
}

class Resolver implements EndsResolver {
  readonly #workload: WorkloadMetadata
  readonly #peers = createPeerTable()
  readonly #selves = new Map<string, Peer>()
  /** By what distinguishes them besides the two peers. */
  readonly #known = {
    source: new Map<Peer, Map<Peer, Ends>>(),
    'destination-plain': new Map<Peer, Map<Peer, Ends>>(),
    'destination-mutual-tls': new Map<Peer, Map<Peer, Ends>>(),
  }
  /** Ends of requests that never got a connection. */
  readonly #unconnected = new WeakMap<LbEndpoint, Ends>()
  readonly #nowhere: Ends

  constructor(workload: WorkloadMetadata) {
    this.#workload = workload
    this.#nowhere = this.#intern('source', this.#self(unknownValue), this.#peers.intern(peerOfPrincipal(unknownValue)), false)
  }

  endsOf(record: DecisionRecord): Ends {
    const { connection, upstream } = record
    if (connection.trafficDirection === 'inbound') return this.#inbound(record, connection)
    return upstream === undefined ? this.#unreached(record.endpoint) : this.#outbound(record, upstream)
  }

  #inbound(record: DecisionRecord, connection: DownstreamConnection): Ends {
    const principal = connection.tls?.peer?.spiffeId
    // Only a peer of the mesh may say who it is.
    const header = principal !== undefined && record.kind === 'request' ? record.requestHeader(peerMetadataHeader) : undefined
    const memory = remembered(connection, header)
    if (memory) return memory.ends
    const said = header === undefined ? undefined : decodePeerMetadata(header, principal as string)
    const source = this.#peers.intern(said ?? peerOfPrincipal(principal ?? unknownValue))
    const destination = this.#self(connection.tls?.localUriSan ?? unknownValue)
    return remember(connection, header, this.#intern('destination', source, destination, principal !== undefined))
  }

  #outbound(record: DecisionRecord, upstream: UpstreamConnectionInfo): Ends {
    const principal = upstream.tls?.peer?.spiffeId
    const header = principal !== undefined && record.kind === 'request' ? record.responseHeader(peerMetadataHeader) : undefined
    const memory = remembered(upstream, header)
    if (memory) return memory.ends
    const said = header === undefined ? undefined : decodePeerMetadata(header, principal as string)
    const destination = this.#peers.intern(said ?? peerOfEndpoint(record.endpoint, principal ?? unknownValue))
    const source = this.#self(upstream.tls?.localUriSan ?? unknownValue)
    return remember(upstream, header, this.#intern('source', source, destination, principal !== undefined))
  }

  #unreached(endpoint: LbEndpoint | undefined): Ends {
    if (endpoint === undefined) return this.#nowhere
    let ends = this.#unconnected.get(endpoint)
    if (!ends) {
      ends = this.#intern('source', this.#self(unknownValue), this.#peers.intern(peerOfEndpoint(endpoint)), false)
      this.#unconnected.set(endpoint, ends)
    }
    return ends
  }

  #self(principal: string): Peer {
    let peer = this.#selves.get(principal)
    if (!peer) this.#selves.set(principal, (peer = this.#peers.intern(peerOfWorkload(this.#workload, principal))))
    return peer
  }

  #intern(reporter: Reporter, source: Peer, destination: Peer, isMutualTls: boolean): Ends {
    // A client's side reports no security policy, so its ends do not differ by it.
    const kind = reporter === 'source' ? 'source' : isMutualTls ? 'destination-mutual-tls' : 'destination-plain'
    const bySource = this.#known[kind]
    let byDestination = bySource.get(source)
    if (!byDestination) bySource.set(source, (byDestination = new Map<Peer, Ends>()))
    let ends = byDestination.get(destination)
    if (!ends)
      byDestination.set(destination, (ends = { reporter, source, destination, isMutualTls: reporter === 'destination' && isMutualTls }))
    return ends
  }
}

/** A message without the header says nothing new about who is there. */
function remembered(holder: Holder, header: string | undefined): Memory | undefined {
  const memory = holder.telemetryState as Memory | undefined
  return memory !== undefined && (header === undefined || header === memory.header) ? memory : undefined
}

function remember(holder: Holder, header: string | undefined, ends: Ends): Ends {
  holder.telemetryState = { header, ends } satisfies Memory
  return ends
}
