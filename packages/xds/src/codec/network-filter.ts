/** The filters of a filter chain: HTTP connection manager, TCP proxy and Istio's two. */
import type { NetworkFilter, TcpProxy } from '@heddle/routing'
import { packAny, typeOf, unpackAny } from '../message/any.js'
import type { Decoding } from '../decoding.js'
import type { FilterJson } from '../gen/envoy/config/listener/v3/listener_pb.js'
import type { TcpProxyJson } from '../gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.js'
import { compact, durationJson, durationMs, unlessDefault } from '../message/json-object.js'
import type { Profile } from '../resource.js'
import { extensionUrls, typedStructUrls } from '../type-url.js'
import { decodeAccessLogs, encodeAccessLogs } from './access-log.js'
import { decodeHttpConnectionManager, encodeHttpConnectionManager } from './http-connection-manager.js'
import { decodeStats, encodeStats, extensionName } from './http-filter.js'

export function encodeNetworkFilters(filters: readonly NetworkFilter[], profile: Profile): FilterJson[] {
  const kept = filters.filter(({ kind }) => profile === 'istio' || (kind !== 'metadata-exchange' && kind !== 'stats'))
  return kept.map((filter) => encodeFilter(filter, profile))
}

function encodeFilter(filter: NetworkFilter, profile: Profile): FilterJson {
  switch (filter.kind) {
    case 'http-connection-manager':
      return {
        name: 'envoy.filters.network.http_connection_manager',
        typedConfig: packAny(extensionUrls.httpConnectionManager, encodeHttpConnectionManager(filter.manager, profile)),
      }
    case 'tcp-proxy':
      return { name: 'envoy.filters.network.tcp_proxy', typedConfig: packAny(extensionUrls.tcpProxy, encodeTcpProxy(filter.proxy)) }
    case 'metadata-exchange':
      return metadataExchangeFilter
    case 'stats':
      return { name: 'istio.stats', typedConfig: packAny(extensionUrls.stats, encodeStats(filter)) }
  }
}

/** Istio's peer metadata over TCP, the same on both sides of a connection. */
export const metadataExchangeFilter: FilterJson = {
  name: 'istio.metadata_exchange',
  typedConfig: packAny(extensionUrls.udpaTypedStruct, {
    typeUrl: typedStructUrls.metadataExchange,
    value: { enable_discovery: true, protocol: 'istio-peer-exchange' },
  }),
}

export function isMetadataExchange(filter: Pick<FilterJson, 'typedConfig'>): boolean {
  const struct = unpackAny<{ readonly typeUrl?: string }>(extensionUrls.udpaTypedStruct, filter.typedConfig)
  return struct?.typeUrl === typedStructUrls.metadataExchange
}

export function decodeNetworkFilter(json: FilterJson, decoding: Decoding): NetworkFilter | undefined {
  switch (typeOf(json.typedConfig) ?? '') {
    case extensionUrls.httpConnectionManager: {
      const manager = unpackAny<object>(extensionUrls.httpConnectionManager, json.typedConfig) ?? {}
      return { kind: 'http-connection-manager', manager: decodeHttpConnectionManager(manager, decoding) }
    }
    case extensionUrls.tcpProxy:
      return decodeTcpProxy(json, decoding)
    case extensionUrls.stats:
      return decodeStats(unpackAny(extensionUrls.stats, json.typedConfig))
    default:
      if (isMetadataExchange(json)) return { kind: 'metadata-exchange' }
      decoding.drop(json, `network filter "${json.name ?? ''}" (${extensionName(json)}) is not supported`)
      return undefined
  }
}

function encodeTcpProxy(proxy: TcpProxy): TcpProxyJson {
  const { target } = proxy
  return compact<TcpProxyJson>({
    statPrefix: unlessDefault(proxy.statPrefix),
    cluster: target.kind === 'cluster' ? target.cluster : undefined,
    weightedClusters:
      target.kind === 'cluster' ? undefined : { clusters: target.clusters.map(({ name, weight }) => encodeWeight(name, weight)) },
    idleTimeout: durationJson(proxy.idleTimeoutMs),
    maxConnectAttempts: proxy.maxConnectAttempts,
    maxDownstreamConnectionDuration: durationJson(proxy.maxConnectionDurationMs),
    hashPolicy: proxy.hashesSourceIp === true ? [{ sourceIp: {} }] : undefined,
    accessLog: encodeAccessLogs(proxy.accessLog, 'tcp'),
  })
}

function encodeWeight(name: string, weight: number): { name?: string; weight?: number } {
  return compact<{ name?: string; weight?: number }>({ name: unlessDefault(name), weight: unlessDefault(weight) })
}

function decodeTcpProxy(filter: FilterJson, decoding: Decoding): NetworkFilter | undefined {
  const json = unpackAny<TcpProxyJson>(extensionUrls.tcpProxy, filter.typedConfig) ?? {}
  const target = decodeTarget(json)
  if (target === undefined) {
    decoding.drop(filter, 'has no destination that this proxy supports')
    return undefined
  }
  const proxy = compact<TcpProxy>({
    statPrefix: json.statPrefix ?? '',
    target,
    idleTimeoutMs: durationMs(json.idleTimeout),
    maxConnectAttempts: json.maxConnectAttempts,
    maxConnectionDurationMs: durationMs(json.maxDownstreamConnectionDuration),
    hashesSourceIp: json.hashPolicy?.some(({ sourceIp }) => sourceIp !== undefined) === true ? true : undefined,
    accessLog: decodeAccessLogs(json.accessLog, decoding),
  })
  return { kind: 'tcp-proxy', proxy }
}

function decodeTarget(json: TcpProxyJson): TcpProxy['target'] | undefined {
  if (json.cluster !== undefined) return { kind: 'cluster', cluster: json.cluster }
  const clusters = json.weightedClusters?.clusters?.map(({ name = '', weight = 0 }) => ({ name, weight }))
  return clusters === undefined ? undefined : { kind: 'weighted-clusters', clusters }
}
