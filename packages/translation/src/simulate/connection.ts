/** Which listener and which filter chain a client's connection meets, chosen by routing as the engine chooses. */
import {
  explainFilterChains,
  type ChainEntry,
  type ConnectionTraits,
  type FilterChain,
  type Listener,
  type ListenerFilter,
  type ProxyConfig,
} from '@heddle/routing'
import type { ChainStep } from './simulation.js'

export interface OpenedConnection {
  readonly destinationAddress: string
  readonly destinationPort: number
  readonly sourceAddress: string
  /** What the client speaks. */
  readonly content: 'http' | 'bytes'
  readonly tls: { readonly serverName: string | undefined; readonly protocols: readonly string[] } | undefined
}

export interface PlacedConnection {
  readonly listener: Listener
  readonly chain: FilterChain | undefined
  readonly steps: readonly ChainStep[]
}

/** The listener of the original destination, as a listener with `useOriginalDst` hands it over. */
export function listenerAt({ listeners }: ProxyConfig, address: string, port: number): Listener | undefined {
  const at = (wanted: string): Listener | undefined =>
    listeners.findLast(({ address: own, useOriginalDst }) => useOriginalDst !== true && own.address === wanted && own.port === port)
  return at(address) ?? at('0.0.0.0')
}

export function placeConnection(listener: Listener, connection: OpenedConnection): PlacedConnection {
  const entry = (config: FilterChain): ChainEntry => ({ config })
  const { defaultFilterChain } = listener
  const set = { chains: listener.filterChains.map(entry), defaultChain: defaultFilterChain && entry(defaultFilterChain) }
  const { chain, steps } = explainFilterChains(set, traitsOf(listener, connection))
  return { listener, chain: chain?.config, steps: steps.map((step, at) => ({ ...step, name: described(listener, at) ?? step.name })) }
}

/** Most chains of istiod have no name. */
function described({ filterChains }: Listener, at: number): string | undefined {
  const chain = filterChains[at]
  if (chain === undefined || chain.name !== undefined) return undefined
  const { serverNames, prefixRanges, transportProtocol, applicationProtocols } = chain.match ?? {}
  const parts = [
    ...(serverNames ?? []),
    ...(prefixRanges ?? []).map((range) => `${range.addressPrefix}/${range.prefixLength}`),
    ...(transportProtocol === undefined ? [] : [transportProtocol]),
    ...(applicationProtocols ?? []),
  ]
  return parts.length === 0 ? `#${at} (any)` : `#${at} (${parts.join(', ')})`
}

/** Only what the listener's inspectors find out is known when the chain is chosen. */
function traitsOf(listener: Listener, connection: OpenedConnection): ConnectionTraits {
  const { destinationAddress, destinationPort, sourceAddress, content, tls } = connection
  const sees = (kind: ListenerFilter['kind']): boolean => runs(listener, kind, destinationPort)
  const seenTls = tls !== undefined && sees('tls-inspector') ? tls : undefined
  const plainProtocols = tls === undefined && content === 'http' && sees('http-inspector') ? ['http/1.1'] : []
  return {
    destinationAddress,
    destinationPort,
    sourceAddress,
    directSourceAddress: sourceAddress,
    sourcePort: 40_000,
    serverName: seenTls?.serverName?.toLowerCase(),
    transportProtocol: seenTls === undefined ? 'raw_buffer' : 'tls',
    applicationProtocols: seenTls?.protocols ?? plainProtocols,
  }
}

function runs({ listenerFilters = [] }: Listener, kind: ListenerFilter['kind'], port: number): boolean {
  const filter = listenerFilters.find((one) => one.kind === kind)
  return filter !== undefined && filter.disabledOnPorts?.some(({ start, end }) => port >= start && port < end) !== true
}
