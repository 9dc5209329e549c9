/**
 * Envoy's choice of a filter chain (listener_components.proto, FilterChainMatch): criteria in a fixed order, at each of
 * them the most specific group that fits goes on and no step is taken back.
 */
import { containsAddress } from '../match/address-range.js'
import type { CidrRange, FilterChain, FilterChainMatch, Listener } from '../model/listener.js'

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

/** A chain, or what an engine has made of it. */
export interface ChainEntry {
  readonly config: FilterChain
}

export interface ChainSet<Chain extends ChainEntry> {
  readonly chains: readonly Chain[]
  /** Taken when none of them fits. */
  readonly defaultChain: Chain | undefined
}

const empty: FilterChainMatch = {}

interface Criterion {
  readonly name: string
  /** How specific the match is; below zero it does not hold. */
  score(match: FilterChainMatch, traits: ConnectionTraits): number
}

const criteria: readonly Criterion[] = [
  { name: 'destination port', score: ({ destinationPort }, traits) => equalScore(destinationPort, traits.destinationPort) },
  { name: 'destination address', score: ({ prefixRanges }, traits) => longestPrefix(prefixRanges, traits.destinationAddress) },
  { name: 'server name', score: ({ serverNames }, traits) => serverNameScore(serverNames, traits.serverName) },
  { name: 'transport protocol', score: ({ transportProtocol }, traits) => equalScore(transportProtocol, traits.transportProtocol) },
  {
    name: 'application protocol',
    score: ({ applicationProtocols }, traits) => protocolScore(applicationProtocols, traits.applicationProtocols),
  },
  {
    name: 'directly connected source',
    score: ({ directSourcePrefixRanges }, traits) => longestPrefix(directSourcePrefixRanges, traits.directSourceAddress),
  },
  {
    name: 'source type',
    score: ({ sourceType }, traits) => (sourceType === undefined ? 0 : (sourceType === 'local') === isLocal(traits) ? 1 : -1),
  },
  { name: 'source address', score: ({ sourcePrefixRanges }, traits) => longestPrefix(sourcePrefixRanges, traits.sourceAddress) },
  {
    name: 'source port',
    score: ({ sourcePorts }, traits) =>
      sourcePorts === undefined || sourcePorts.length === 0 ? 0 : sourcePorts.includes(traits.sourcePort) ? 1 : -1,
  },
]

/** @returns undefined when no chain fits: the connection is closed. */
export function matchFilterChain<Chain extends ChainEntry>(listener: ChainSet<Chain>, traits: ConnectionTraits): Chain | undefined {
  let group: readonly Chain[] = listener.chains
  for (const criterion of criteria) {
    if (group.length === 0) break
    group = narrow(group, criterion, traits)
  }
  return group[0] ?? listener.defaultChain
}

export interface ExplainedChains<Chain extends ChainEntry> {
  readonly chain: Chain | undefined
  readonly steps: readonly { readonly name: string; readonly refused?: string }[]
}

/** The same choice, and at which criterion each of the other chains was left. */
export function explainFilterChains<Chain extends ChainEntry>(listener: ChainSet<Chain>, traits: ConnectionTraits): ExplainedChains<Chain> {
  const chain = matchFilterChain(listener, traits)
  const left = new Map<Chain, string>()
  let group: readonly Chain[] = listener.chains
  for (const criterion of criteria) {
    const kept = narrow(group, criterion, traits)
    for (const one of group) {
      if (kept.includes(one)) continue
      const holds = criterion.score(one.config.match ?? empty, traits) >= 0
      left.set(one, holds ? `another chain names the ${criterion.name} more exactly` : `the ${criterion.name} does not match`)
    }
    group = kept
  }
  const steps = listener.chains.map((one, at) => {
    const name = one.config.name ?? `#${at}`
    return one === chain ? { name } : { name, refused: left.get(one) ?? 'another chain with the same match comes first' }
  })
  const isDefault = chain !== undefined && chain === listener.defaultChain
  return { chain, steps: isDefault ? [...steps, { name: chain.config.name ?? 'default' }] : steps }
}

function equalScore<Value>(wanted: Value | undefined, found: Value): number {
  return wanted === undefined ? 0 : wanted === found ? 1 : -1
}

/** The protocol that the client likes best decides. */
function protocolScore(names: readonly string[] | undefined, offered: readonly string[]): number {
  if (names === undefined || names.length === 0) return 0
  const first = offered.findIndex((name) => names.includes(name))
  return first < 0 ? -1 : offered.length - first
}

function isLocal({ sourceAddress, destinationAddress }: ConnectionTraits): boolean {
  return sourceAddress === destinationAddress || sourceAddress === '::1' || sourceAddress.startsWith('127.')
}

/** Keeps the chains with the highest score; below zero is no match. */
function narrow<Chain extends ChainEntry>(group: readonly Chain[], criterion: Criterion, traits: ConnectionTraits): readonly Chain[] {
  let best = -1
  let kept: Chain[] = []
  for (const chain of group) {
    const value = criterion.score(chain.config.match ?? empty, traits)
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
    if (1 + range.prefixLength > best && containsAddress(range, address)) best = 1 + range.prefixLength
  }
  return best
}

/** Whether an address is in one of the blocks; without blocks every address is. */
export function isAmong(ranges: readonly CidrRange[] | undefined, address: string): boolean {
  return ranges === undefined || longestPrefix(ranges, address) > 0
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

/**
 * Whether a request asks for a host that another chain of the listener serves with other TLS than that of its connection:
 * other certificates, or other demands on those of clients (RFC 9110 section 15.5.20). @param chain that the connection's server name chose.
 */
export function isMisdirected({ filterChains }: Listener, chain: FilterChain, host: string): boolean {
  const own = serverNameScore(chain.match?.serverNames, host)
  let best = own
  let other: FilterChain | undefined
  for (const one of filterChains) {
    const score = serverNameScore(one.match?.serverNames, host)
    if (score <= best || one.match?.destinationPort !== chain.match?.destinationPort) continue
    best = score
    other = one
  }
  return other !== undefined && JSON.stringify(other.tls) !== JSON.stringify(chain.tls)
}
