export {
  explainFilterChains,
  isAmong,
  isMisdirected,
  matchFilterChain,
  type ChainEntry,
  type ChainSet,
  type ConnectionTraits,
  type ExplainedChains,
} from './choice/filter-chain.js'
export { isRedirectedPath, normalizePath } from './choice/path-normalization.js'
export { compilePathRewrite, redirectLocation, type RewritePath } from './choice/rewrite.js'
export {
  compileRouteConfiguration,
  type RouteChoice,
  type RouteTable,
  type RouteTableOptions,
  type RouteTrace,
  type RouteTraceStep,
} from './choice/route-table.js'
export { isSampled, pickWeightedCluster } from './choice/weighted-cluster.js'
export { createDomainIndex, withoutPort, type DomainIndex } from './match/domain-index.js'
export type { CompileRegex, LinearRegex } from './match/linear-regex.js'
export { re2Regex, type Re2Pattern } from './match/re2-regex.js'
export { compileHeaderMatchers } from './match/route-matcher.js'
export { pathOnly, type RouteRequest } from './match/route-request.js'
export { compileStringMatcher, type StringTest } from './match/string-matcher.js'
export type { AccessLog, FileAccessLog, GrpcAccessLog } from './model/access-log.js'
export type { PortRange, SocketAddress } from './model/address.js'
export type {
  CircuitBreakerThresholds,
  Cluster,
  ClusterType,
  CommonLbConfig,
  LbPolicy,
  OutlierDetection,
  TransportSocketMatch,
  UpstreamHttpOptions,
} from './model/cluster.js'
export type { ClusterLoadAssignment, LbEndpoint, LocalityLbEndpoints } from './model/endpoint.js'
export type { ClientCertDetails, CustomTag, HttpConnectionManager, HttpFilter, Tracing } from './model/http-connection-manager.js'
export type {
  CidrRange,
  FilterChain,
  FilterChainMatch,
  Listener,
  ListenerFilter,
  NetworkFilter,
  TcpProxy,
  TrafficDirection,
} from './model/listener.js'
export type { HeaderMatcher, QueryParameterMatcher, StringMatcher } from './model/matcher.js'
export type { Metadata, MetadataStruct, MetadataValue } from './model/metadata.js'
export { emptyProxyConfig, type ProxyConfig } from './model/proxy-config.js'
export type {
  CorsPolicy,
  DirectResponseAction,
  FaultInjection,
  FractionalPercent,
  HashPolicy,
  HeaderMutations,
  HeaderValueOption,
  MirrorPolicy,
  PathMatcher,
  RedirectAction,
  RetryPolicy,
  Route,
  RouteAction,
  RouteConfiguration,
  RouteMatch,
  RouteTarget,
  UpgradePolicy,
  VirtualHost,
  WeightedCluster,
} from './model/route.js'
export { secretReferencesOf } from './model/secret-references.js'
export type { Secret, SecretSource } from './model/secret.js'
export type {
  CertificateValidation,
  CommonTlsContext,
  DownstreamTlsContext,
  SecretReference,
  TlsVersion,
  UpstreamTlsContext,
  UpstreamTransportSocket,
} from './model/tls-context.js'
