/**
 * Arbitrary models. Protobuf has one form for "absent" and "default" of fields without presence, so the models here never hold such a default
 * explicitly (`caseSensitive: true` has presence, `stripQuery: false` has none); lists are absent or have elements.
 */
import fc from 'fast-check'
import type {
  AccessLog,
  Cluster,
  ClusterLoadAssignment,
  CommonTlsContext,
  CorsPolicy,
  DownstreamTlsContext,
  FaultInjection,
  FilterChain,
  FilterChainMatch,
  FractionalPercent,
  HashPolicy,
  HeaderMatcher,
  HeaderMutations,
  HttpConnectionManager,
  HttpFilter,
  LbEndpoint,
  Listener,
  ListenerFilter,
  LocalityLbEndpoints,
  Metadata,
  MirrorPolicy,
  NetworkFilter,
  OutlierDetection,
  PathMatcher,
  ProxyConfig,
  QueryParameterMatcher,
  RetryPolicy,
  Route,
  RouteAction,
  RouteConfiguration,
  RouteMatch,
  UpgradePolicy,
  SecretReference,
  SocketAddress,
  StringMatcher,
  Tracing,
  TransportSocketMatch,
  UpstreamHttpOptions,
  UpstreamTransportSocket,
  VirtualHost,
  WeightedCluster,
} from '@heddle/routing'

type Arb<T> = fc.Arbitrary<T>

/** A record whose keys of `optional` may be absent (never undefined). */
function record<T>(
  required: { readonly [K in keyof T]?: Arb<unknown> },
  optional: { readonly [K in keyof T]?: Arb<unknown> } = {},
): Arb<T> {
  const requiredKeys = Object.keys(required)
  return fc.record({ ...required, ...optional } as Record<string, Arb<unknown>>, { requiredKeys }) as unknown as Arb<T>
}

const some = <T>(item: Arb<T>): Arb<T[]> => fc.array(item, { minLength: 1, maxLength: 3 })
const few = <T>(item: Arb<T>): Arb<T[]> => fc.array(item, { maxLength: 3 })
const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 })
const word = fc.string({ maxLength: 8 })
const uint32 = fc.nat(0xffff_ffff)
const positive = fc.integer({ min: 1, max: 0xffff_ffff })
/** Whole and fractional milliseconds; 9223372035000 is what istiod sends for "never". */
const milliseconds = fc.oneof(fc.nat(100_000_000), fc.constantFrom(0.5, 0.001, 1.25, 9_223_372_035_000), fc.constant(0))
const yes = fc.constant(true)
const port = fc.nat(65_535)

const address: Arb<SocketAddress> = record<SocketAddress>({ address: fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain()), port })

const jsonValue = fc.letrec<{ value: unknown; struct: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 2 },
    word,
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => (Object.is(n, -0) ? 0 : n)),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 2 }),
    tie('struct'),
  ),
  struct: fc.dictionary(key(), tie('value'), { maxKeys: 3, noNullPrototype: true }),
}))

function key(): Arb<string> {
  return text.filter((name) => name !== '__proto__')
}

const metadata = fc.dictionary(key(), jsonValue.struct, { maxKeys: 2, noNullPrototype: true }) as unknown as Arb<Metadata>

const stringMatcher: Arb<StringMatcher> = fc.oneof(
  record<StringMatcher>({ kind: fc.constantFrom('exact', 'prefix', 'suffix', 'contains'), value: word }, { ignoreCase: yes }),
  record<StringMatcher>({ kind: fc.constant('regex'), value: word }),
)

const headerMatcher: Arb<HeaderMatcher> = fc.oneof(
  record<HeaderMatcher>({ name: text, match: stringMatcher }, { invert: yes, treatMissingAsEmpty: yes }),
  record<HeaderMatcher>({ name: text }, { present: fc.boolean(), invert: yes }),
)

const queryParameterMatcher: Arb<QueryParameterMatcher> = fc.oneof(
  record<QueryParameterMatcher>({ name: text, match: stringMatcher }),
  record<QueryParameterMatcher>({ name: text }, { present: fc.boolean() }),
)

const percent: Arb<FractionalPercent> = record<FractionalPercent>({
  numerator: uint32,
  denominator: fc.constantFrom('HUNDRED', 'TEN_THOUSAND', 'MILLION'),
})

const headerValue = fc.record({
  key: word,
  value: word,
  append: fc.constantFrom('APPEND_IF_EXISTS_OR_ADD', 'ADD_IF_ABSENT', 'OVERWRITE_IF_EXISTS_OR_ADD', 'OVERWRITE_IF_EXISTS'),
})

const headerMutations: Arb<HeaderMutations> = record<HeaderMutations>(
  {},
  { requestAdd: some(headerValue), requestRemove: some(word), responseAdd: some(headerValue), responseRemove: some(word) },
).filter((headers) => Object.keys(headers).length > 0)

const pathMatcher: Arb<PathMatcher> = fc.oneof(
  fc.record({ kind: fc.constantFrom('prefix', 'path', 'regex', 'path-separated-prefix'), value: word }) as Arb<PathMatcher>,
  fc.constant({ kind: 'connect' as const }),
)

const routeMatch: Arb<RouteMatch> = record<RouteMatch>(
  { path: pathMatcher },
  { caseSensitive: fc.boolean(), headers: some(headerMatcher), queryParameters: some(queryParameterMatcher) },
)

const retryPolicy: Arb<RetryPolicy> = record<RetryPolicy>(
  { retryOn: word },
  {
    numRetries: uint32,
    perTryTimeoutMs: milliseconds,
    retriableStatusCodes: some(fc.integer({ min: 100, max: 599 })),
    previousHosts: yes,
    hostSelectionRetryMaxAttempts: positive,
    previousPriorities: fc.record({ updateFrequency: fc.nat(10) }),
    backOff: record({ baseIntervalMs: milliseconds } as never, { maxIntervalMs: milliseconds } as never),
  },
)

const hashPolicy: Arb<HashPolicy> = fc.oneof(
  fc.record({ kind: fc.constant('header' as const), headerName: text }),
  record<HashPolicy>({ kind: fc.constant('cookie'), name: text } as never, { path: text, ttlMs: milliseconds } as never),
  fc.constant({ kind: 'source-ip' as const }),
  fc.record({ kind: fc.constant('query-parameter' as const), name: text }),
)

const mirror: Arb<MirrorPolicy> = record<MirrorPolicy>(
  { cluster: word },
  { fraction: percent, traceSampled: fc.boolean(), disableShadowHostSuffixAppend: yes },
)

const weightedCluster: Arb<WeightedCluster> = record<WeightedCluster>(
  { name: word, weight: uint32 },
  { headers: headerMutations, hostRewriteLiteral: word, metadata },
)

const target = fc.oneof(
  fc.record({ kind: fc.constant('cluster' as const), cluster: word }),
  fc.record({ kind: fc.constant('weighted-clusters' as const), clusters: few(weightedCluster) }),
)

const rewrite = fc.record({ regex: word, substitution: word })

const routeAction: Arb<RouteAction> = fc
  .tuple(
    record<RouteAction>(
      { kind: fc.constant('route'), target },
      {
        timeoutMs: milliseconds,
        maxGrpcTimeoutMs: milliseconds,
        maxStreamDuration: record({}, { maxStreamDurationMs: milliseconds, grpcTimeoutHeaderMaxMs: milliseconds } as never),
        retryPolicy,
        prefixRewrite: text,
        regexRewrite: rewrite,
        hashPolicy: some(hashPolicy),
        mirrors: some(mirror),
        upgrades: some(record<UpgradePolicy>({ type: word }, { enabled: fc.boolean(), terminatesConnect: yes })),
      },
    ),
    record<RouteAction>({}, { hostRewriteLiteral: word }),
    record<RouteAction>({}, { autoHostRewrite: fc.boolean() }),
    fc.boolean(),
  )
  .map(([action, literal, auto, useAuto]) => ({ ...action, ...(useAuto ? auto : literal) }))

/** At most one of a group of alternatives. */
function oneOfThese<T>(alternatives: { readonly [K in keyof T]?: Arb<unknown> }): Arb<Partial<T>> {
  const choices = Object.entries(alternatives).map(([name, value]) => (value as Arb<unknown>).map((content) => ({ [name]: content })))
  return fc.oneof(fc.constant({}), ...choices) as Arb<Partial<T>>
}

const redirect = fc
  .tuple(
    record<Extract<Route['action'], { kind: 'redirect' }>>(
      { kind: fc.constant('redirect') },
      {
        schemeRedirect: word,
        hostRedirect: text,
        portRedirect: fc.integer({ min: 1, max: 65_535 }),
        stripQuery: yes,
        responseCode: fc.constantFrom(302, 303, 307, 308),
      },
    ),
    oneOfThese<Extract<Route['action'], { kind: 'redirect' }>>({ pathRedirect: word, prefixRewrite: word, regexRewrite: rewrite }),
  )
  .map(([action, path]) => ({ ...action, ...path }))

const directResponse = record<Extract<Route['action'], { kind: 'direct-response' }>>(
  { kind: fc.constant('direct-response'), status: fc.integer({ min: 200, max: 599 }) },
  {
    body: fc.oneof(
      fc.record({ text: word }),
      fc.record({ base64: fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes).toString('base64')) }),
    ),
  },
)

const fault: Arb<FaultInjection> = record<FaultInjection>(
  {},
  {
    delay: fc.oneof(fc.record({ fixedDelayMs: milliseconds, percentage: percent }), fc.record({ percentage: percent })),
    abort: fc.oneof(
      fc.record({ httpStatus: fc.integer({ min: 200, max: 599 }), percentage: percent }),
      fc.record({ grpcStatus: fc.nat(16), percentage: percent }),
      fc.record({ percentage: percent }),
    ),
    headers: some(headerMatcher),
    maxActiveFaults: fc.nat(1000),
  },
)

const cors: Arb<CorsPolicy> = record<CorsPolicy>(
  { allowOrigins: few(stringMatcher) },
  {
    allowMethods: text,
    allowHeaders: text,
    exposeHeaders: text,
    maxAge: text,
    allowCredentials: fc.boolean(),
    forwardNotMatchingPreflights: fc.boolean(),
    filterEnabled: percent,
  },
)

const route: Arb<Route> = record<Route>(
  { match: routeMatch, action: fc.oneof(routeAction, redirect, directResponse) },
  { name: text, operation: text, metadata, headers: headerMutations, fault, cors },
)

const virtualHost: Arb<VirtualHost> = record<VirtualHost>(
  { name: word, domains: few(word), routes: few(route) },
  { requireTls: fc.constantFrom('ALL', 'EXTERNAL_ONLY'), includeRequestAttemptCount: yes },
)

export const routeConfiguration: Arb<RouteConfiguration> = record<RouteConfiguration>(
  { name: word, virtualHosts: few(virtualHost) },
  { ignorePortInHostMatching: yes, maxDirectResponseBodySizeBytes: uint32 },
)

const endpoint: Arb<LbEndpoint> = record<LbEndpoint>(
  { address },
  {
    hostname: text,
    healthStatus: fc.constantFrom('HEALTHY', 'UNHEALTHY', 'DRAINING', 'TIMEOUT', 'DEGRADED'),
    loadBalancingWeight: uint32,
    metadata,
  },
)

const locality: Arb<LocalityLbEndpoints> = record<LocalityLbEndpoints>(
  { endpoints: few(endpoint) },
  { locality: record({}, { region: text, zone: text, subZone: text } as never), loadBalancingWeight: uint32, priority: positive },
)

export const loadAssignment: Arb<ClusterLoadAssignment> = record<ClusterLoadAssignment>({ clusterName: word, localities: few(locality) })

const tlsVersion = fc.constantFrom('TLSv1_0', 'TLSv1_1', 'TLSv1_2', 'TLSv1_3')
const secret: Arb<SecretReference> = record<SecretReference>({
  name: fc.oneof(fc.constantFrom('default', 'ROOTCA', 'file-root:system'), text),
  source: fc.constantFrom('agent', 'ads'),
})

const commonTls: Arb<CommonTlsContext> = record<CommonTlsContext>(
  {},
  {
    alpnProtocols: some(text),
    minVersion: tlsVersion,
    maxVersion: tlsVersion,
    cipherSuites: some(text),
    certificates: some(secret),
    validation: record({ roots: secret } as never, { matchSubjectAltNames: some(stringMatcher) } as never),
  },
)

const downstreamTls: Arb<DownstreamTlsContext> = fc.record({ common: commonTls, requireClientCertificate: fc.boolean() })

const transportSocket: Arb<UpstreamTransportSocket> = fc
  .tuple(
    fc.oneof(
      fc.constant({ kind: 'raw-buffer' as const }),
      fc.record({
        kind: fc.constant('tls' as const),
        tls: record<{ common: CommonTlsContext; sni?: string }>({ common: commonTls }, { sni: text }),
      }),
    ),
    record<Pick<UpstreamTransportSocket, 'proxyProtocol'>>({}, { proxyProtocol: fc.constantFrom('V1', 'V2') }),
  )
  .map(([socket, header]) => ({ ...socket, ...header }))

const transportSocketMatch: Arb<TransportSocketMatch> = fc.record({
  name: word,
  match: fc.dictionary(key(), word, { maxKeys: 2, noNullPrototype: true }),
  transportSocket,
})

const outlierDetection: Arb<OutlierDetection> = record<OutlierDetection>(
  {},
  {
    consecutive5xx: uint32,
    consecutiveGatewayFailure: uint32,
    consecutiveLocalOriginFailure: uint32,
    splitExternalLocalOriginErrors: yes,
    intervalMs: milliseconds,
    baseEjectionTimeMs: milliseconds,
    maxEjectionPercent: uint32,
    enforcingConsecutive5xx: uint32,
    enforcingConsecutiveGatewayFailure: uint32,
    enforcingConsecutiveLocalOriginFailure: uint32,
    enforcingSuccessRate: uint32,
  },
)

const upstreamHttp: Arb<UpstreamHttpOptions> = fc.oneof(
  record<UpstreamHttpOptions>(
    {},
    {
      protocol: fc.constant('http1'),
      idleTimeoutMs: milliseconds,
      maxConnectionDurationMs: milliseconds,
      maxRequestsPerConnection: uint32,
      autoSni: yes,
      autoSanValidation: yes,
    },
  ),
  record<UpstreamHttpOptions>(
    { protocol: fc.constantFrom('http2', 'use-downstream', 'auto') },
    { maxConcurrentStreams: uint32, idleTimeoutMs: milliseconds },
  ),
)

const loadBalancing: Arb<Partial<Cluster>> = fc.oneof(
  record<Cluster>({}, { lbPolicy: fc.constantFrom('RANDOM', 'CLUSTER_PROVIDED') }),
  record<Cluster>(
    { lbPolicy: fc.constant('RING_HASH') },
    { ringHash: record({}, { minimumRingSize: uint32, maximumRingSize: uint32 } as never) },
  ),
  record<Cluster>({ lbPolicy: fc.constant('MAGLEV') }, { maglev: fc.record({ tableSize: uint32 }) }),
  record<Cluster>({ lbPolicy: fc.constant('LEAST_REQUEST') }, { leastRequest: record({}, { choiceCount: uint32 } as never) }),
  record<Cluster>(
    { lbPolicy: fc.constant('LEAST_REQUEST'), slowStart: fc.record({ windowMs: milliseconds }) },
    { leastRequest: fc.record({ choiceCount: uint32 }) },
  ),
  record<Cluster>({ slowStart: fc.record({ windowMs: milliseconds }) }),
)

export const cluster: Arb<Cluster> = fc
  .tuple(
    record<Cluster>(
      { name: word, type: fc.constantFrom('STATIC', 'STRICT_DNS', 'LOGICAL_DNS', 'ORIGINAL_DST', 'EDS') },
      {
        loadAssignment,
        altStatName: text,
        connectTimeoutMs: milliseconds,
        perConnectionBufferLimitBytes: uint32,
        commonLb: record({}, { healthyPanicThreshold: fc.nat(100), localityWeighted: yes } as never),
        circuitBreakers: record({}, {
          maxConnections: uint32,
          maxPendingRequests: uint32,
          maxRequests: uint32,
          maxRetries: uint32,
          retryBudget: record({}, { percent: fc.nat(100), minConcurrency: uint32 } as never),
          trackRemaining: yes,
        } as never),
        outlierDetection,
        transportSocket,
        transportSocketMatches: some(transportSocketMatch),
        http: upstreamHttp,
        sourceAddress: fc.ipV4(),
        tcpKeepalive: record({}, { probes: uint32, timeSeconds: uint32, intervalSeconds: uint32 } as never),
        metadataExchange: yes,
        dns: record(
          { lookupFamily: fc.constantFrom('V4_ONLY', 'V6_ONLY', 'V4_PREFERRED', 'ALL') } as never,
          { refreshRateMs: milliseconds, jitterMs: milliseconds, respectTtl: yes } as never,
        ),
        cleanupIntervalMs: milliseconds,
        metadata,
      },
    ),
    loadBalancing,
    text,
  )
  .map(([base, lb, service]) => ({ ...base, ...lb, ...(base.type === 'EDS' ? { edsServiceName: service } : {}) }))

const accessLog: Arb<AccessLog> = record<AccessLog>(
  {
    sink: fc.oneof(
      fc.record({
        kind: fc.constant('file'),
        path: word,
        format: fc.oneof(
          fc.record({ kind: fc.constant('text'), text: word }),
          fc.record({ kind: fc.constant('json'), fields: jsonValue.struct }),
        ),
      }),
      fc.record({ kind: fc.constant('grpc'), logName: word, cluster: text }),
    ),
  },
  { responseFlags: few(text) },
)

const customTag = fc.oneof(
  fc.record({ kind: fc.constant('literal'), tag: text, value: word }),
  fc.record({ kind: fc.constant('request-metadata'), tag: text, filter: word, path: few(word) }),
)

const samplingPercent = fc.double({ min: 0, max: 100, noNaN: true }).map((value) => (Object.is(value, -0) ? 0 : value))

const tracing: Arb<Tracing> = record<Tracing>({
  clientSampling: samplingPercent,
  randomSampling: samplingPercent,
  overallSampling: samplingPercent,
  customTags: few(customTag),
})

const httpFilter: Arb<HttpFilter> = fc.oneof(
  record<HttpFilter>({
    kind: fc.constant('peer-metadata'),
    side: fc.constantFrom('downstream', 'upstream'),
    propagate: fc.boolean(),
  } as never),
  record<HttpFilter>({ kind: fc.constantFrom('grpc-stats', 'alpn', 'fault', 'cors', 'router') }),
  record<HttpFilter>({ kind: fc.constant('stats') }, { disableHostHeaderFallback: yes } as never),
)

const manager: Arb<HttpConnectionManager> = record<HttpConnectionManager>(
  {
    statPrefix: word,
    routes: fc.oneof(
      fc.record({ kind: fc.constant('rds'), routeConfigName: word }),
      fc.record({ kind: fc.constant('inline'), routeConfiguration }),
    ),
    httpFilters: few(httpFilter),
  },
  {
    accessLog: some(accessLog),
    useRemoteAddress: fc.boolean(),
    xffNumTrustedHops: positive,
    forwardClientCertDetails: fc.constantFrom('FORWARD_ONLY', 'APPEND_FORWARD', 'SANITIZE_SET', 'ALWAYS_FORWARD_ONLY'),
    setCurrentClientCertDetails: record({}, { subject: fc.boolean(), uri: yes, dns: yes, cert: yes } as never),
    serverName: text,
    serverHeaderTransformation: fc.constantFrom('APPEND_IF_ABSENT', 'PASS_THROUGH'),
    tracing,
    upgradeTypes: some(text),
    streamIdleTimeoutMs: milliseconds,
    maxConnectionDurationMs: milliseconds,
    maxRequestsPerConnection: uint32,
    requestTimeoutMs: milliseconds,
    idleTimeoutMs: milliseconds,
    httpProtocolOptions: record({}, { acceptHttp10: yes, defaultHostForHttp10: text } as never),
    http2ProtocolOptions: record({}, { maxConcurrentStreams: uint32 } as never),
    normalizePath: fc.boolean(),
    mergeSlashes: yes,
    pathWithEscapedSlashesAction: fc.constantFrom('KEEP_UNCHANGED', 'REJECT_REQUEST', 'UNESCAPE_AND_REDIRECT', 'UNESCAPE_AND_FORWARD'),
    proxy100Continue: yes,
  },
)

const tcpTarget = fc.oneof(
  fc.record({ kind: fc.constant('cluster'), cluster: word }),
  fc.record({ kind: fc.constant('weighted-clusters'), clusters: some(fc.record({ name: word, weight: uint32 })) }),
)

const networkFilter: Arb<NetworkFilter> = fc.oneof(
  fc.record({ kind: fc.constant('http-connection-manager' as const), manager }),
  record<NetworkFilter>({
    kind: fc.constant('tcp-proxy'),
    proxy: record(
      { statPrefix: word, target: tcpTarget } as never,
      {
        idleTimeoutMs: milliseconds,
        maxConnectAttempts: uint32,
        maxConnectionDurationMs: milliseconds,
        hashesSourceIp: yes,
        accessLog: some(accessLog),
      } as never,
    ),
  } as never),
  fc.constant({ kind: 'metadata-exchange' as const }),
  record<NetworkFilter>({ kind: fc.constant('stats') }, { disableHostHeaderFallback: yes } as never),
)

const cidr = fc.record({ addressPrefix: fc.ipV4(), prefixLength: fc.nat(32) })

const filterChainMatch: Arb<FilterChainMatch> = record<FilterChainMatch>(
  {},
  {
    destinationPort: port,
    prefixRanges: some(cidr),
    serverNames: some(text),
    transportProtocol: fc.constantFrom('tls', 'raw_buffer'),
    applicationProtocols: some(text),
    directSourcePrefixRanges: some(cidr),
    sourceType: fc.constantFrom('local', 'external'),
    sourcePrefixRanges: some(cidr),
    sourcePorts: some(port),
  },
)

const filterChain: Arb<FilterChain> = record<FilterChain>(
  { filters: few(networkFilter) },
  { name: text, match: filterChainMatch, tls: downstreamTls, transportSocketConnectTimeoutMs: milliseconds, metadata },
)

const disabledOnPorts = some(fc.record({ start: port, end: port }))

const listenerFilter: Arb<ListenerFilter> = fc.oneof(
  record<ListenerFilter>({ kind: fc.constantFrom('original-dst', 'tls-inspector', 'http-inspector') }, { disabledOnPorts }),
  record<ListenerFilter>({ kind: fc.constant('proxy-protocol') }, { disabledOnPorts, allowsPlain: yes }),
)

export const listener: Arb<Listener> = record<Listener>(
  { name: word, address, trafficDirection: fc.constantFrom('inbound', 'outbound', 'unspecified'), filterChains: few(filterChain) },
  {
    bindToPort: fc.boolean(),
    useOriginalDst: fc.boolean(),
    listenerFilters: some(listenerFilter),
    listenerFiltersTimeoutMs: milliseconds,
    perConnectionBufferLimitBytes: uint32,
    continueOnListenerFiltersTimeout: yes,
    defaultFilterChain: filterChain,
    accessLog: some(accessLog),
    maxConnectionsToAcceptPerSocketEvent: uint32,
  },
)

export const proxyConfig: Arb<ProxyConfig> = fc.record({
  listeners: few(listener),
  routeConfigurations: few(routeConfiguration),
  clusters: few(cluster),
  endpoints: few(loadAssignment),
})
