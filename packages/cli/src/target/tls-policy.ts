/**
 * Whether one end sends what the other takes, from what both proxies run: the transport socket of the clusters that lead to a Pod
 * (Envoy's `transport_socket_matches`, chosen by the endpoint's metadata), and the chains of its `virtualInbound` listener.
 */
import { type ConfigDump, resourcesOf } from '../output/config-dump.js'

type Json = Readonly<Record<string, unknown>>

export interface PolicyEnd {
  /** As people are told. */
  readonly name: string
  readonly podIp: string | undefined
  readonly dump: ConfigDump
}

type Way = 'plaintext' | 'TLS without a certificate' | 'mutual TLS'

interface Sending {
  readonly cluster: string
  readonly port: number
  readonly way: Way
}

/** In words, once for each port and way; empty when all that `left` sends to `right` is taken. */
export function policyMismatches(left: PolicyEnd, right: PolicyEnd): readonly string[] {
  const chains = inboundChains(right.dump)
  // A gateway has no such listener: what it takes is said by each of its servers.
  if (chains.length === 0 || right.podIp === undefined) return []
  const refused = sendingsTo(left.dump, right.podIp).flatMap(({ cluster, port, way }) => {
    const reason = refusalOf(way, chains, port)
    return reason === undefined ? [] : [`${left.name} sends ${way} to port ${port} of ${right.name} (${cluster}), ${reason}`]
  })
  return [...new Set(refused)]
}

function refusalOf(way: Way, chains: readonly Json[], port: number): string | undefined {
  const own = chains.filter((chain) => at(chain, 'filterChainMatch', 'destinationPort') === port)
  const others = chains.filter((chain) => at(chain, 'filterChainMatch', 'destinationPort') === undefined)
  const candidates = own.length > 0 ? own : others
  const takesMutual = candidates.some((chain) => chain['transportSocket'] !== undefined)
  const takesPlain = candidates.some(
    (chain) => chain['transportSocket'] === undefined && at(chain, 'filterChainMatch', 'transportProtocol') !== 'tls',
  )
  if (way === 'mutual TLS') return takesMutual ? undefined : 'which takes none (PeerAuthentication DISABLE): handshakes fail'
  return takesPlain
    ? undefined
    : 'which takes mutual TLS only (PeerAuthentication STRICT): look for a DestinationRule with another tls mode'
}

function inboundChains(dump: ConfigDump): readonly Json[] {
  const listeners = resourcesOf(dump, 'listeners').filter(({ name }) => name === 'virtualInbound')
  return listeners.flatMap((listener) => listOf(listener['filterChains']))
}

function sendingsTo(dump: ConfigDump, podIp: string): readonly Sending[] {
  const clusters = new Map(resourcesOf(dump, 'clusters').map((cluster) => [serviceNameOf(cluster), cluster]))
  return resourcesOf(dump, 'endpoints').flatMap((assignment) => {
    const name = String(assignment['clusterName'])
    const cluster = clusters.get(name)
    const endpoints = listOf(assignment['endpoints']).flatMap((group) => listOf(group['lbEndpoints']))
    return endpoints.flatMap((endpoint) => {
      const socket = at(endpoint, 'endpoint', 'address', 'socketAddress')
      const port = at(socket, 'portValue')
      if (!cluster || at(socket, 'address') !== podIp || typeof port !== 'number') return []
      return [{ cluster: name, port, way: wayOf(cluster, endpoint) }]
    })
  })
}

function serviceNameOf(cluster: Json): string {
  return String(at(cluster, 'edsClusterConfig', 'serviceName') ?? cluster['name'])
}

/** The first match whose words all stand in the endpoint's metadata, else the cluster's own. */
function wayOf(cluster: Json, endpoint: Json): Way {
  const said = (at(endpoint, 'metadata', 'filterMetadata', 'envoy.transport_socket_match') ?? {}) as Json
  const chosen = listOf(cluster['transportSocketMatches']).find(({ match }) =>
    Object.entries((match ?? {}) as Json).every(([key, value]) => said[key] === value),
  )
  const socket = (chosen ?? cluster)['transportSocket']
  if (at(socket, 'name') !== 'envoy.transport_sockets.tls') return 'plaintext'
  const context = at(socket, 'typedConfig', 'commonTlsContext')
  const certificates = [...listOf(at(context, 'tlsCertificateSdsSecretConfigs')), ...listOf(at(context, 'tlsCertificates'))]
  return certificates.length > 0 ? 'mutual TLS' : 'TLS without a certificate'
}

function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (current, key) => (typeof current === 'object' && current !== null ? (current as Json)[key] : undefined),
    value,
  )
}

function listOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : []
}
