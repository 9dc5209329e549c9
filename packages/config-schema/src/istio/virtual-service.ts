/** networking.istio.io VirtualService: how requests for a host are routed. All served versions have this one schema. */
import {
  described,
  describedWords,
  duration,
  flag,
  int32,
  integer,
  list,
  map,
  object,
  percent,
  port,
  required,
  text,
  uint32,
  type ObjectType,
} from '../model/field-type.js'
import { destination, exportTo, headers, optionalFlag, stringMatch } from './shared.js'

const status = integer(0, 4_294_967_295)
const sourceLabels = map(text('label-value'), { keys: 'label-key' })

const httpMatchRequest = object(
  'HTTPMatchRequest',
  {
    name: text(),
    uri: described(stringMatch, 'The path with its query; a prefix is plain text, not path segments.'),
    scheme: stringMatch,
    method: stringMatch,
    authority: described(stringMatch, 'The Host header.'),
    headers: described(map(stringMatch), 'Lower-case names; an empty match asks for presence.'),
    withoutHeaders: described(map(stringMatch), 'None of these may match.'),
    queryParams: map(stringMatch),
    port: described(port, 'The port the request was sent to.'),
    sourceLabels: described(sourceLabels, 'Labels of the calling workload.'),
    sourceNamespace: text('dns-label'),
    gateways: list(text()),
    ignoreUriCase: flag,
    statPrefix: text(),
  },
  { doc: 'All conditions of one entry must hold; any one entry is enough.' },
)

const httpRouteDestination = object('HTTPRouteDestination', {
  destination: required(destination),
  weight: described(int32, 'Share of the requests; destinations without a weight get none when others have one.'),
  headers,
})

const delegate = object('Delegate', { name: text(), namespace: text() })

const httpRedirect = object(
  'HTTPRedirect',
  {
    uri: text(),
    prefixRewrite: text(),
    authority: text(),
    scheme: text(),
    redirectCode: { type: status, default: 301 },
    port: uint32,
    derivePort: describedWords({ FROM_PROTOCOL_DEFAULT: '80 for HTTP, 443 for HTTPS.', FROM_REQUEST_PORT: 'The port of the request.' }),
  },
  { oneOf: [{ fields: ['port', 'derivePort'] }] },
)

const httpBody = object('HTTPBody', { string: text(), bytes: text('base64') }, { oneOf: [{ fields: ['string', 'bytes'] }] })
const httpDirectResponse = object('HTTPDirectResponse', { status: required(status), body: httpBody })
const regexRewrite = object('RegexRewrite', { match: text('regex'), rewrite: text() })

const httpRewrite = object('HTTPRewrite', {
  uri: described(text(), 'Replaces the path, or the matched prefix.'),
  authority: text(),
  uriRegexRewrite: regexRewrite,
})

export const httpRetry: ObjectType = object('HTTPRetry', {
  attempts: described(int32, 'Retries after the first try; 0 turns retries off.'),
  perTryTimeout: duration,
  retryOn: described(text(), 'Comma-separated conditions, such as 5xx,reset,connect-failure.'),
  retryRemoteLocalities: optionalFlag,
  retryIgnorePreviousHosts: { type: flag, isNullable: true, default: true },
  backoff: { type: duration, default: '25ms' },
})

const delay = object(
  'Delay',
  {
    percent: { type: int32, deprecated: 'percentage' },
    fixedDelay: duration,
    exponentialDelay: duration,
    percentage: described(percent, 'Absent means that no request is delayed.'),
  },
  { oneOf: [{ fields: ['fixedDelay', 'exponentialDelay'] }] },
)

const abort = object(
  'Abort',
  { httpStatus: int32, grpcStatus: text(), http2Error: text(), percentage: described(percent, 'Absent means that no request is aborted.') },
  { oneOf: [{ fields: ['httpStatus', 'grpcStatus', 'http2Error'] }] },
)

const httpFaultInjection = object('HTTPFaultInjection', { delay, abort })
const httpMirrorPolicy = object('HTTPMirrorPolicy', { destination: required(destination), percentage: percent })

const corsPolicy = object('CorsPolicy', {
  allowOrigin: { type: list(text()), deprecated: 'allowOrigins' },
  allowOrigins: list(stringMatch),
  allowMethods: list(text()),
  allowHeaders: list(text()),
  exposeHeaders: list(text()),
  maxAge: duration,
  allowCredentials: optionalFlag,
  unmatchedPreflights: describedWords({
    UNSPECIFIED: 'The default, FORWARD.',
    FORWARD: 'A preflight request from another origin goes on to the destination.',
    IGNORE: 'It is answered here, without the headers that would allow it.',
  }),
})

const httpRoute = object(
  'HTTPRoute',
  {
    name: described(text(), 'Appears in access logs.'),
    match: described(list(httpMatchRequest), 'Absent matches every request.'),
    route: described(list(httpRouteDestination), 'Where matching requests go.'),
    redirect: httpRedirect,
    directResponse: httpDirectResponse,
    delegate: described(delegate, 'Another VirtualService that decides further.'),
    rewrite: httpRewrite,
    timeout: described(duration, 'For the whole request with its retries; absent means none.'),
    retries: httpRetry,
    fault: httpFaultInjection,
    mirror: described(destination, 'Gets a copy of each request; its answers are ignored.'),
    mirrors: list(httpMirrorPolicy),
    mirrorPercent: { type: uint32, isNullable: true, deprecated: 'mirrorPercentage' },
    mirror_percent: { type: uint32, isNullable: true, deprecated: 'mirrorPercentage' },
    mirrorPercentage: percent,
    corsPolicy,
    headers,
  },
  { doc: 'The first route whose match holds takes the request.' },
)

const routeDestination = object('RouteDestination', { destination: required(destination), weight: int32 })
const subnets = list(text('subnet'))

const tlsMatchAttributes = object('TLSMatchAttributes', {
  sniHosts: required(list(text('sni-host'))),
  destinationSubnets: subnets,
  port,
  sourceLabels,
  gateways: list(text()),
  sourceNamespace: text('dns-label'),
})

const l4MatchAttributes = object('L4MatchAttributes', {
  destinationSubnets: subnets,
  port,
  sourceSubnet: text('subnet'),
  sourceLabels,
  gateways: list(text()),
  sourceNamespace: text('dns-label'),
})

const tlsRoute = object('TLSRoute', { match: required(list(tlsMatchAttributes)), route: list(routeDestination) })
const tcpRoute = object('TCPRoute', { match: list(l4MatchAttributes), route: list(routeDestination) })

export const virtualServiceSpec: ObjectType = object(
  'VirtualServiceSpec',
  {
    hosts: described(list(text()), 'The names requests are addressed to; empty makes this a delegate.'),
    gateways: described(
      list(text()),
      'Gateways (NAME or NAMESPACE/NAME) that use these routes; "mesh" means every sidecar and is the default.',
    ),
    http: described(list(httpRoute), 'Routes of HTTP, HTTP/2 and gRPC traffic, tried in order.'),
    tls: described(list(tlsRoute), 'Routes of TLS traffic that is passed through, by server name.'),
    tcp: described(list(tcpRoute), 'Routes of other traffic.'),
    exportTo: described(exportTo, 'Namespaces that see this resource: "*", "." or names.'),
  },
  { doc: 'How requests for a host are routed.' },
)
