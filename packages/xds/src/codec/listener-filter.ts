/** Listener filters and the destination ports on which they do not run. */
import type { ListenerFilter, PortRange } from '@heddle/routing'
import { packAny, typeOf, unpackAny } from '../message/any.js'
import type { Decoding } from '../decoding.js'
import type {
  ListenerFilterChainMatchPredicateJson as PredicateJson,
  ListenerFilterJson,
} from '../gen/envoy/config/listener/v3/listener_pb.js'
import type { ProxyProtocolJson } from '../gen/envoy/extensions/filters/listener/proxy_protocol/v3/proxy_protocol_pb.js'
import type { Int32RangeJson } from '../gen/envoy/type/v3/type_pb.js'
import { compact, unlessDefault } from '../message/json-object.js'
import { extensionUrls } from '../type-url.js'
import { extensionName } from './http-filter.js'

interface Form {
  readonly name: string
  readonly typeUrl: string
  readonly config: object
}

const forms: { readonly [K in ListenerFilter['kind']]: Form } = {
  'original-dst': { name: 'envoy.filters.listener.original_dst', typeUrl: extensionUrls.originalDst, config: {} },
  'tls-inspector': {
    name: 'envoy.filters.listener.tls_inspector',
    typeUrl: extensionUrls.tlsInspector,
    config: { initialReadBufferSize: 512 },
  },
  'http-inspector': { name: 'envoy.filters.listener.http_inspector', typeUrl: extensionUrls.httpInspector, config: {} },
  'proxy-protocol': { name: 'envoy.filters.listener.proxy_protocol', typeUrl: extensionUrls.proxyProtocol, config: {} },
}

export function encodeListenerFilter(filter: ListenerFilter): ListenerFilterJson {
  const { name, typeUrl, config } = forms[filter.kind]
  const plain = filter.allowsPlain === true ? { allowRequestsWithoutProxyProtocol: true } : {}
  return compact<ListenerFilterJson>({
    name,
    typedConfig: packAny(typeUrl, { ...config, ...plain }),
    filterDisabled: encodeDisabled(filter.disabledOnPorts),
  })
}

export function decodeListenerFilter(json: ListenerFilterJson, decoding: Decoding): ListenerFilter | undefined {
  const typeUrl = typeOf(json.typedConfig)
  const kind = (Object.keys(forms) as ListenerFilter['kind'][]).find((name) => forms[name].typeUrl === typeUrl)
  if (kind === undefined) {
    decoding.drop(json, `listener filter "${json.name ?? ''}" (${extensionName(json)}) is not supported`)
    return undefined
  }
  const balanced = unpackAny<ProxyProtocolJson>(extensionUrls.proxyProtocol, json.typedConfig)
  return compact<ListenerFilter>({
    kind,
    disabledOnPorts: decodeDisabled(json.filterDisabled),
    allowsPlain: balanced?.allowRequestsWithoutProxyProtocol === true ? true : undefined,
  })
}

/** One range stands alone, several stand in an "or". */
function encodeDisabled(ranges: readonly PortRange[] | undefined): PredicateJson | undefined {
  const rules = (ranges ?? []).map((range) => ({ destinationPortRange: encodeRange(range) }))
  return rules.length <= 1 ? rules[0] : { orMatch: { rules } }
}

function decodeDisabled(json: PredicateJson | undefined): readonly PortRange[] | undefined {
  if (json === undefined) return undefined
  const rules = json.orMatch?.rules ?? [json]
  return rules.flatMap(({ destinationPortRange }) => (destinationPortRange === undefined ? [] : [decodeRange(destinationPortRange)]))
}

function encodeRange(range: PortRange): Int32RangeJson {
  return compact<Int32RangeJson>({ start: unlessDefault(range.start), end: unlessDefault(range.end) })
}

function decodeRange(json: Int32RangeJson): PortRange {
  return { start: json.start ?? 0, end: json.end ?? 0 }
}
