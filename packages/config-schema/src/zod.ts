/** Zod schemas of all kinds (`@heddle/config-schema/zod`), apart so that nobody else loads zod: structure and syntax, not the rules. */
import type { z } from 'zod'
import type {
  BackendTLSPolicy,
  GRPCRoute,
  GatewayClass,
  HTTPRoute,
  ListenerSet,
  ReferenceGrant,
  TCPRoute,
  TLSRoute,
  UDPRoute,
  Gateway as GatewayApiGateway,
} from './gen/gateway-api-types.js'
import type {
  AuthorizationPolicy,
  DestinationRule,
  EnvoyFilter,
  Gateway,
  PeerAuthentication,
  ProxyConfig,
  RequestAuthentication,
  ServiceEntry,
  Sidecar,
  Telemetry,
  TrafficExtension,
  VirtualService,
  WasmPlugin,
  WorkloadEntry,
  WorkloadGroup,
} from './gen/types.js'
import { kindType } from './kinds/kind-type.js'
import type { KindModel } from './model/kind-model.js'
import { authorizationPolicyModel } from './models/authorization-policy.js'
import { backendTlsPolicyModel } from './models/backend-tls-policy.js'
import { destinationRuleModel } from './models/destination-rule.js'
import { envoyFilterModel } from './models/envoy-filter.js'
import { gatewayModel } from './models/gateway.js'
import { gatewayApiGatewayModel } from './models/gateway-api-gateway.js'
import { gatewayClassModel } from './models/gateway-class.js'
import { grpcRouteModel } from './models/grpc-route.js'
import { httpRouteModel } from './models/http-route.js'
import { listenerSetModel } from './models/listener-set.js'
import { peerAuthenticationModel } from './models/peer-authentication.js'
import { proxyConfigModel } from './models/proxy-config.js'
import { referenceGrantModel } from './models/reference-grant.js'
import { requestAuthenticationModel } from './models/request-authentication.js'
import { serviceEntryModel } from './models/service-entry.js'
import { sidecarModel } from './models/sidecar.js'
import { tcpRouteModel } from './models/tcp-route.js'
import { telemetryModel } from './models/telemetry.js'
import { tlsRouteModel } from './models/tls-route.js'
import { trafficExtensionModel } from './models/traffic-extension.js'
import { udpRouteModel } from './models/udp-route.js'
import { virtualServiceModel } from './models/virtual-service.js'
import { wasmPluginModel } from './models/wasm-plugin.js'
import { workloadEntryModel } from './models/workload-entry.js'
import { workloadGroupModel } from './models/workload-group.js'
import type { ResourceByKind } from './resource.js'
import { zodType } from './zod/zod-type.js'

function schemaOf<Resource>(model: KindModel): z.ZodType<Resource> {
  return zodType(model.type) as z.ZodType<Resource>
}

export const virtualServiceSchema: z.ZodType<VirtualService> = schemaOf(virtualServiceModel)
export const destinationRuleSchema: z.ZodType<DestinationRule> = schemaOf(destinationRuleModel)
export const gatewaySchema: z.ZodType<Gateway> = schemaOf(gatewayModel)
export const serviceEntrySchema: z.ZodType<ServiceEntry> = schemaOf(serviceEntryModel)
export const sidecarSchema: z.ZodType<Sidecar> = schemaOf(sidecarModel)
export const workloadEntrySchema: z.ZodType<WorkloadEntry> = schemaOf(workloadEntryModel)
export const workloadGroupSchema: z.ZodType<WorkloadGroup> = schemaOf(workloadGroupModel)
export const envoyFilterSchema: z.ZodType<EnvoyFilter> = schemaOf(envoyFilterModel)
export const proxyConfigSchema: z.ZodType<ProxyConfig> = schemaOf(proxyConfigModel)
export const peerAuthenticationSchema: z.ZodType<PeerAuthentication> = schemaOf(peerAuthenticationModel)
export const requestAuthenticationSchema: z.ZodType<RequestAuthentication> = schemaOf(requestAuthenticationModel)
export const authorizationPolicySchema: z.ZodType<AuthorizationPolicy> = schemaOf(authorizationPolicyModel)
export const telemetrySchema: z.ZodType<Telemetry> = schemaOf(telemetryModel)
export const wasmPluginSchema: z.ZodType<WasmPlugin> = schemaOf(wasmPluginModel)
export const trafficExtensionSchema: z.ZodType<TrafficExtension> = schemaOf(trafficExtensionModel)
export const gatewayClassSchema: z.ZodType<GatewayClass> = schemaOf(gatewayClassModel)
export const gatewayApiGatewaySchema: z.ZodType<GatewayApiGateway> = schemaOf(gatewayApiGatewayModel)
export const httpRouteSchema: z.ZodType<HTTPRoute> = schemaOf(httpRouteModel)
export const grpcRouteSchema: z.ZodType<GRPCRoute> = schemaOf(grpcRouteModel)
export const tlsRouteSchema: z.ZodType<TLSRoute> = schemaOf(tlsRouteModel)
export const tcpRouteSchema: z.ZodType<TCPRoute> = schemaOf(tcpRouteModel)
export const udpRouteSchema: z.ZodType<UDPRoute> = schemaOf(udpRouteModel)
export const referenceGrantSchema: z.ZodType<ReferenceGrant> = schemaOf(referenceGrantModel)
export const backendTlsPolicySchema: z.ZodType<BackendTLSPolicy> = schemaOf(backendTlsPolicyModel)
export const listenerSetSchema: z.ZodType<ListenerSet> = schemaOf(listenerSetModel)

/** The schema of any known kind, such as (`apps/v1`, `Deployment`); undefined for others. */
export function resourceSchema<Kind extends keyof ResourceByKind>(
  apiVersion: string,
  kind: Kind,
): z.ZodType<ResourceByKind[Kind]> | undefined {
  const type = kindType(apiVersion, kind)
  return type === undefined ? undefined : (zodType(type) as z.ZodType<ResourceByKind[Kind]>)
}
