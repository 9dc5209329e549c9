/** The HTTP filters that this data plane has; profile `envoy` leaves Istio's own away. */
import type { HttpFilter } from '@heddle/routing'
import { packAny, typeOf, unpackAny } from '../message/any.js'
import type { Decoding } from '../decoding.js'
import type { HttpFilterJson } from '../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js'
import type { PluginConfigJson } from '../gen/stats/stats_pb.js'
import { compact, unlessDefault } from '../message/json-object.js'
import type { Profile } from '../resource.js'
import { extensionUrls, typedStructUrls } from '../type-url.js'
import { corsFilter, faultFilter } from './per-filter.js'

const istioFilters: ReadonlySet<HttpFilter['kind']> = new Set<HttpFilter['kind']>(['peer-metadata', 'alpn', 'stats'])

export function encodeHttpFilters(filters: readonly HttpFilter[], profile: Profile): HttpFilterJson[] {
  return filters.filter(({ kind }) => profile === 'istio' || !istioFilters.has(kind)).map(encodeFilter)
}

function encodeFilter(filter: HttpFilter): HttpFilterJson {
  switch (filter.kind) {
    case 'peer-metadata':
      return { name: 'istio.metadata_exchange', typedConfig: encodePeerMetadata(filter) }
    case 'grpc-stats':
      return {
        name: 'envoy.filters.http.grpc_stats',
        typedConfig: packAny(extensionUrls.grpcStats, { emitFilterState: true, statsForAllMethods: false }),
      }
    case 'alpn':
      return { name: 'istio.alpn', typedConfig: packAny(extensionUrls.alpn, { alpnOverride: alpnOverrides }) }
    case 'fault':
      return { name: faultFilter, typedConfig: packAny(extensionUrls.fault, {}) }
    case 'cors':
      return { name: corsFilter, typedConfig: packAny(extensionUrls.cors, {}) }
    case 'stats':
      return { name: 'istio.stats', typedConfig: packAny(extensionUrls.stats, encodeStats(filter)) }
    case 'router':
      return { name: 'envoy.filters.http.router', typedConfig: packAny(extensionUrls.router, {}) }
  }
}

/** What Istio offers upstream for each version of HTTP, so that the other side knows a mesh peer from a stranger. */
const alpnOverrides = [
  { alpnOverride: ['istio-http/1.0', 'istio', 'http/1.0'] },
  { upstreamProtocol: 'HTTP11', alpnOverride: ['istio-http/1.1', 'istio', 'http/1.1'] },
  { upstreamProtocol: 'HTTP2', alpnOverride: ['istio-h2', 'istio', 'h2'] },
]

type PeerMetadata = Extract<HttpFilter, { kind: 'peer-metadata' }>

function encodePeerMetadata(filter: PeerMetadata): ReturnType<typeof packAny> {
  const discovery = [{ istio_headers: {} }, { workload_discovery: {} }]
  const propagation = filter.propagate ? { [`${filter.side}_propagation`]: [{ istio_headers: {} }] } : {}
  return packAny(extensionUrls.udpaTypedStruct, {
    typeUrl: typedStructUrls.peerMetadata,
    value: { [`${filter.side}_discovery`]: discovery, ...propagation },
  })
}

export function encodeStats(filter: { readonly disableHostHeaderFallback?: boolean }): PluginConfigJson {
  return compact<PluginConfigJson>({ disableHostHeaderFallback: unlessDefault(filter.disableHostHeaderFallback) })
}

export function decodeHttpFilter(json: HttpFilterJson, decoding: Decoding): HttpFilter | undefined {
  const filter = decodeFilter(json)
  if (filter === undefined) {
    const level = json.isOptional === true ? 'warning' : 'error'
    decoding.drop(json, `HTTP filter "${json.name ?? ''}" (${extensionName(json)}) is not supported`, level)
  }
  return filter
}

function decodeFilter(json: HttpFilterJson): HttpFilter | undefined {
  const { typedConfig } = json
  switch (typeOf(typedConfig) ?? '') {
    case extensionUrls.grpcStats:
      return { kind: 'grpc-stats' }
    case extensionUrls.alpn:
      return { kind: 'alpn' }
    case extensionUrls.fault:
      return { kind: 'fault' }
    case extensionUrls.cors:
      return { kind: 'cors' }
    case extensionUrls.router:
      return { kind: 'router' }
    case extensionUrls.stats:
      return decodeStats(unpackAny(extensionUrls.stats, typedConfig))
    default:
      return decodePeerMetadata(unpackAny(extensionUrls.udpaTypedStruct, typedConfig))
  }
}

export function decodeStats(json: PluginConfigJson | undefined): { kind: 'stats'; disableHostHeaderFallback?: boolean } {
  return compact<{ kind: 'stats'; disableHostHeaderFallback?: boolean }>({
    kind: 'stats',
    disableHostHeaderFallback: json?.disableHostHeaderFallback,
  })
}

interface TypedStruct {
  readonly typeUrl?: string
  readonly value?: Readonly<Record<string, unknown>>
}

function decodePeerMetadata(struct: TypedStruct | undefined): PeerMetadata | undefined {
  if (struct?.typeUrl !== typedStructUrls.peerMetadata || struct.value === undefined) return undefined
  const side = 'upstream_discovery' in struct.value ? 'upstream' : 'downstream'
  return { kind: 'peer-metadata', side, propagate: `${side}_propagation` in struct.value }
}

/** The type of an extension's configuration, also when this package has no schema for it. */
export function extensionName(json: { readonly typedConfig?: ReturnType<typeof packAny> }): string {
  const inner = json.typedConfig as { readonly typeUrl?: string } | undefined
  const url = inner?.typeUrl ?? typeOf(json.typedConfig) ?? 'without configuration'
  return url.slice(url.lastIndexOf('/') + 1)
}
