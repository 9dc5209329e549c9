/**
 * Envoy's choice of a filter chain (listener_components.proto, FilterChainMatch): criteria in a fixed order, at each of
 * them the most specific group that fits goes on and no step is taken back.
 */
import { BlockList } from 'node:net'
import type { CidrRange, FilterChainMatch } from '@heddle/routing'
import type { FilterChainRuntime, ListenerRuntime } from './listener-runtime.js'

export interface ConnectionTraits {
  readonly destinationAddress: string
  readonly destinationPort: number
  /** As a PROXY header says it, if one came. */
  readonly sourceAddress: string
  /** Of the socket's peer. */
  readonly directSourceAddress: string
  readonly sourcePort: number
  readonly serverName: string | undefined
  readonly transportProtocol: 'tls' | 'raw_buffer'
  readonly applicationProtocols: readonly string[]
}

type Group = readonly FilterChainRuntime[]
const empty: FilterChainMatch = {}

export function matchFilterChain(listener: ListenerRuntime, traits: ConnectionTraits): FilterChainRuntime | undefined {
  let group: Group = listener.chains
  group = narrow(group, ({ destinationPort }) => (destinationPort === undefined ? 0 : destinationPort === traits.destinationPort ? 1 : -1))
  group = narrow(group, ({ prefixRanges }) => longestPrefix(prefixRanges, traits.destinationAddress))
  group = narrow(group, ({ serverNames }) => serverNameScore(serverNames, traits.serverName))
  group = narrow(group, ({ transportProtocol }) =>
    transportProtocol === undefined ? 0 : transportProtocol === traits.transportProtocol ? 1 : -1,
  )
  group = narrow(group, ({ applicationProtocols: names }) => {
    if (names === undefined || names.length === 0) return 0
    // The protocol that the client likes best decides.
    const { applicationProtocols: offered } = traits
    const first = offered.findIndex((name) => names.includes(name))
    return first < 0 ? -1 : offered.length - first
  })
  group = narrow(group, ({ directSourcePrefixRanges }) => longestPrefix(directSourcePrefixRanges, traits.directSourceAddress))
  group = narrow(group, ({ sourceType }) => (sourceType === undefined ? 0 : (sourceType === 'local') === isLocal(traits) ? 1 : -1))
  group = narrow(group, ({ sourcePrefixRanges }) => longestPrefix(sourcePrefixRanges, traits.sourceAddress))
  group = narrow(group, ({ sourcePorts }) =>
    sourcePorts === undefined || sourcePorts.length === 0 ? 0 : sourcePorts.includes(traits.sourcePort) ? 1 : -1,
  )
  return group[0] ?? listener.defaultChain
}

function isLocal({ sourceAddress, destinationAddress }: ConnectionTraits): boolean {
  return sourceAddress === destinationAddress || sourceAddress === '::1' || sourceAddress.startsWith('127.')
}

/** Keeps the chains with the highest score; below zero is no match. */
function narrow(group: Group, score: (match: FilterChainMatch) => number): Group {
  let best = -1
  let kept: FilterChainRuntime[] = []
  for (const chain of group) {
    const value = score(chain.config.match ?? empty)
    if (value < 0 || value < best) continue
    if (value > best) kept = []
    best = value
    kept.push(chain)
  }
  return kept
}

function longestPrefix(ranges: readonly CidrRange[] | undefined, address: string): number {
  if (ranges === undefined || ranges.length === 0) return 0
  let best = -1
  for (const range of ranges) {
    if (1 + range.prefixLength > best && contains(range, address)) best = 1 + range.prefixLength
  }
  return best
}

/** Whether an address is in one of the blocks; without blocks every address is. */
export function isAmong(ranges: readonly CidrRange[] | undefined, address: string): boolean {
  return ranges === undefined || longestPrefix(ranges, address) > 0
}

/** Made once a range: chains are matched for every connection. */
const lists = new WeakMap<CidrRange, BlockList>()

function contains(range: CidrRange, address: string): boolean {
  const family = range.addressPrefix.includes(':') ? 'ipv6' : 'ipv4'
  if (address.includes(':') !== (family === 'ipv6')) return false
  let list = lists.get(range)
  if (list === undefined) {
    list = new BlockList()
    list.addSubnet(range.addressPrefix, range.prefixLength, family)
    lists.set(range, list)
  }
  return list.check(address, family)
}

/** Exact names before suffixes, longer suffixes before shorter ones. */
function serverNameScore(names: readonly string[] | undefined, serverName: string | undefined): number {
  if (names === undefined || names.length === 0) return 0
  if (serverName === undefined) return -1
  let best = -1
  for (const name of names) {
    if (name === serverName) return 1000
    if (name.startsWith('*.') && serverName.endsWith(name.slice(1))) best = Math.max(best, name.length)
  }
  return best
}
