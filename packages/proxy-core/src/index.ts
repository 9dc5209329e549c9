export type { ApplyIssue, RefusedResource, ResourceKind } from './apply-issue.js'
export type { OriginalDestination } from './connection/connection-deps.js'
export type {
  AttemptRecord,
  ConnectionRecord,
  DecisionRecord,
  DownstreamConnection,
  PeerIdentity,
  RequestRecord,
  TlsInfo,
  UpstreamConnectionInfo,
} from './decision-record.js'
export type { BindTarget, ProxyDeps } from './deps.js'
export type { ProxyFilter, FilterReply, FilterView } from './filters/http-filter.js'
export type { InjectRequest, InjectResponse } from './inject.js'
export { createProxy, type ApplyResult, type BoundListener, type Proxy } from './proxy.js'
export { responseFlagBits, responseFlagsOf, type ResponseFlag } from './response-flag.js'
export type { ClusterStats, EndpointStats, ProxyStats } from './stats.js'
export { silentTelemetry, type HeaderEdits, type Telemetry } from './telemetry.js'
export type { DialTarget } from './transport/connector.js'
export { createIstioTelemetry, type IstioTelemetry, type IstioTelemetryOptions } from './telemetry/istio-telemetry.js'
export { createMetricRegistry, type MetricRegistry } from './telemetry/metric-registry.js'
export type { WorkloadMetadata } from './telemetry/peer.js'
