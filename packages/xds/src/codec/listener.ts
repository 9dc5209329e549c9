/** envoy.config.listener.v3.Listener with its filter chains. */
import type { CidrRange, FilterChain, FilterChainMatch, Listener, TrafficDirection } from '@heddle/routing'
import { decodeList, type Decoding } from '../decoding.js'
import type { CidrRangeJson } from '../gen/envoy/config/core/v3/core_pb.js'
import type { FilterChainJson, FilterChainMatchJson, ListenerJson } from '../gen/envoy/config/listener/v3/listener_pb.js'
import { compact, durationJson, durationMs, list, oneOf, unlessDefault } from '../message/json-object.js'
import type { Profile } from '../resource.js'
import { decodeAccessLogs, encodeAccessLogs } from './access-log.js'
import { decodeAddress, decodeMetadata, encodeAddress, encodeMetadata } from './core.js'
import { decodeListenerFilter, encodeListenerFilter } from './listener-filter.js'
import { decodeNetworkFilter, encodeNetworkFilters } from './network-filter.js'
import { decodeDownstreamTls, encodeDownstreamTls } from './tls-context.js'

const directions = { inbound: 'INBOUND', outbound: 'OUTBOUND', unspecified: undefined } as const

export function encodeListener(listener: Listener, profile: Profile): ListenerJson {
  return compact<ListenerJson>({
    name: unlessDefault(listener.name),
    address: encodeAddress(listener.address),
    filterChains: list(listener.filterChains, (chain) => encodeFilterChain(chain, profile)),
    useOriginalDst: listener.useOriginalDst,
    defaultFilterChain: listener.defaultFilterChain === undefined ? undefined : encodeFilterChain(listener.defaultFilterChain, profile),
    listenerFilters: list(listener.listenerFilters, encodeListenerFilter),
    listenerFiltersTimeout: durationJson(listener.listenerFiltersTimeoutMs),
    continueOnListenerFiltersTimeout: unlessDefault(listener.continueOnListenerFiltersTimeout),
    trafficDirection: directions[listener.trafficDirection],
    bindToPort: listener.bindToPort,
    accessLog: encodeAccessLogs(listener.accessLog, 'tcp'),
    perConnectionBufferLimitBytes: listener.perConnectionBufferLimitBytes,
    maxConnectionsToAcceptPerSocketEvent: listener.maxConnectionsToAcceptPerSocketEvent,
  })
}

export function decodeListener(json: ListenerJson, decoding: Decoding): Listener {
  return compact<Listener>({
    name: json.name ?? '',
    address: decodeAddress(json.address),
    trafficDirection: decodeDirection(json),
    bindToPort: json.bindToPort,
    useOriginalDst: json.useOriginalDst,
    listenerFilters: decodeList(json.listenerFilters, (filter) => decodeListenerFilter(filter, decoding)),
    listenerFiltersTimeoutMs: durationMs(json.listenerFiltersTimeout),
    continueOnListenerFiltersTimeout: json.continueOnListenerFiltersTimeout,
    filterChains: (json.filterChains ?? []).map((chain) => decodeFilterChain(chain, decoding)),
    defaultFilterChain: json.defaultFilterChain === undefined ? undefined : decodeFilterChain(json.defaultFilterChain, decoding),
    accessLog: decodeAccessLogs(json.accessLog, decoding),
    perConnectionBufferLimitBytes: json.perConnectionBufferLimitBytes,
    maxConnectionsToAcceptPerSocketEvent: json.maxConnectionsToAcceptPerSocketEvent,
  })
}

function decodeDirection(json: ListenerJson): TrafficDirection {
  if (json.trafficDirection === 'INBOUND') return 'inbound'
  return json.trafficDirection === 'OUTBOUND' ? 'outbound' : 'unspecified'
}

function encodeFilterChain(chain: FilterChain, profile: Profile): FilterChainJson {
  return compact<FilterChainJson>({
    name: unlessDefault(chain.name),
    filterChainMatch: chain.match === undefined ? undefined : encodeMatch(chain.match),
    filters: list(encodeNetworkFilters(chain.filters, profile), (filter) => filter),
    transportSocket: encodeDownstreamTls(chain.tls, profile),
    transportSocketConnectTimeout: durationJson(chain.transportSocketConnectTimeoutMs),
    metadata: encodeMetadata(chain.metadata),
  })
}

function decodeFilterChain(json: FilterChainJson, decoding: Decoding): FilterChain {
  return compact<FilterChain>({
    name: json.name,
    match: json.filterChainMatch === undefined ? undefined : decodeMatch(json.filterChainMatch),
    tls: decodeDownstreamTls(json.transportSocket, decoding),
    filters: decodeList(json.filters, (filter) => decodeNetworkFilter(filter, decoding)) ?? [],
    transportSocketConnectTimeoutMs: durationMs(json.transportSocketConnectTimeout),
    metadata: decodeMetadata(json.metadata),
  })
}

const sourceTypes = { local: 'SAME_IP_OR_LOOPBACK', external: 'EXTERNAL' } as const

function encodeMatch(match: FilterChainMatch): FilterChainMatchJson {
  return compact<FilterChainMatchJson>({
    destinationPort: match.destinationPort,
    prefixRanges: list(match.prefixRanges, encodeCidr),
    serverNames: list(match.serverNames, String),
    transportProtocol: match.transportProtocol,
    applicationProtocols: list(match.applicationProtocols, String),
    directSourcePrefixRanges: list(match.directSourcePrefixRanges, encodeCidr),
    sourceType: match.sourceType && sourceTypes[match.sourceType],
    sourcePrefixRanges: list(match.sourcePrefixRanges, encodeCidr),
    sourcePorts: list(match.sourcePorts, Number),
  })
}

function decodeMatch(json: FilterChainMatchJson): FilterChainMatch {
  return compact<FilterChainMatch>({
    destinationPort: json.destinationPort,
    prefixRanges: json.prefixRanges?.map(decodeCidr),
    serverNames: json.serverNames,
    transportProtocol: oneOf(['tls', 'raw_buffer'], json.transportProtocol),
    applicationProtocols: json.applicationProtocols,
    directSourcePrefixRanges: json.directSourcePrefixRanges?.map(decodeCidr),
    sourceType: json.sourceType === 'EXTERNAL' ? 'external' : json.sourceType === 'SAME_IP_OR_LOOPBACK' ? 'local' : undefined,
    sourcePrefixRanges: json.sourcePrefixRanges?.map(decodeCidr),
    sourcePorts: json.sourcePorts,
  })
}

function encodeCidr(range: CidrRange): CidrRangeJson {
  return compact<CidrRangeJson>({ addressPrefix: unlessDefault(range.addressPrefix), prefixLen: range.prefixLength })
}

function decodeCidr(json: CidrRangeJson): CidrRange {
  return { addressPrefix: json.addressPrefix ?? '', prefixLength: json.prefixLen ?? 0 }
}
