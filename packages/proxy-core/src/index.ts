export type { ApplyIssue, RefusedResource, ResourceKind } from './config/apply-issue.js'
export type { OriginalDestination } from './listener/original-destination.js'
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
export type { ProxyFilter, FilterReply, FilterView } from './filters/proxy-filter.js'
export type { InjectRequest, InjectResponse } from './inject/inject-request.js'
export { createProxy, type ApplyResult, type BoundListener, type Proxy } from './proxy.js'
export type { ExplainedCluster, ExplainedOutcome, ExplainRequest, Explanation, ForwardedOutcome, RuleStep } from './explain/explanation.js'
export { httpListener, staticCluster, type HttpListenerOptions } from './config/simple-config.js'
export { responseFlagBits, responseFlagsOf, type ResponseFlag } from './response-flag.js'
export type { ClusterStats, EndpointStats, ProxyStats } from './stats.js'
export { silentTelemetry, type HeaderEdits, type Telemetry } from './telemetry.js'
export type { DialTarget } from './transport/dial-target.js'
export { createIstioTelemetry, type IstioTelemetry, type IstioTelemetryOptions } from './telemetry/istio-telemetry.js'
export { createMetricRegistry, type MetricRegistry } from './telemetry/metric-registry.js'
export type { WorkloadMetadata } from './telemetry/peer.js'
