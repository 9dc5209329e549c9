export { fieldRules, type FieldOutcome, type FieldRule } from './compatibility/field-rules.js'
export { fieldsWithoutEffect, type FieldWithoutEffect } from './compatibility/fields-without-effect.js'
export { secretsOf } from './tls/secrets-of.js'
export { translate, type Translation } from './translate.js'
export { nameTable, type NameEntry, type NameTable } from './names/name-table.js'
export type { IssueCode, ResourceReference, TranslationIssue } from './issue/translation-issue.js'
export type { MeshRule } from './snapshot/delegates.js'
export { createMeshSnapshot, type MeshSnapshot } from './snapshot/mesh-snapshot.js'
export type { MeshEndpoint } from './snapshot/mesh-endpoint.js'
export type { MeshPort, MeshService, Resolution } from './snapshot/mesh-service.js'
export type { PortProtocol } from './snapshot/port-protocol.js'
export type { MeshVirtualService } from './snapshot/virtual-services.js'
export type { DestinationRuleIndex, EffectiveRule, RuleViewer } from './snapshot/destination-rules.js'
export type { Labels } from './snapshot/workload.js'
export { parseNode, type NodeIdentification, type NodeResult, type ProxyLocality, type ProxyNode } from './node/proxy-node.js'
export type {
  ClientTlsSettings,
  ConnectionPoolSettings,
  ConsistentHash,
  DestinationRule,
  LoadBalancerSettings,
  LocalityLbSetting,
  OutlierDetectionSettings,
  Subset,
  TrafficPolicy,
  TrafficPolicyOverrides,
} from './resources/destination-rule.js'
export type { Gateway, GatewayServer, ServerTlsSettings, TlsVersionSetting } from './resources/gateway.js'
export type {
  Container,
  ContainerPort,
  Endpoint,
  EndpointConditions,
  EndpointSlice,
  KubernetesNode,
  Namespace,
  ObjectMeta,
  Pod,
  Service,
  ServiceAccount,
  ServicePort,
} from './resources/kubernetes.js'
export type { ServiceEntry, ServiceEntryPort, WorkloadEntry, WorkloadEntrySpec } from './resources/service-entry.js'
export type { Sidecar, SidecarEgressListener } from './resources/sidecar.js'
export type { MutualTlsMode, PeerAuthentication } from './resources/peer-authentication.js'
export type {
  CorsPolicySpec,
  Destination,
  HeaderOperations,
  Headers,
  HttpFaultInjection,
  HttpMatchRequest,
  HttpRedirect,
  HttpRetry,
  HttpRoute,
  HttpRouteDestination,
  L4Match,
  Percent,
  RouteDestination,
  StringMatch,
  TcpRoute,
  TlsMatch,
  TlsRoute,
  VirtualService,
} from './resources/virtual-service.js'
export { meshConfigKey, meshConfigMap, readMeshConfig, type MeshConfigReading } from './snapshot/read-mesh-config.js'
export { defaultMeshConfig, type MeshConfig } from './snapshot/mesh-config.js'
export type { MeshSnapshotInput } from './snapshot/snapshot-input.js'
