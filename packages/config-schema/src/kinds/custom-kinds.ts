/** The models of all custom kinds: Istio's and the Gateway API's. */
import type { KindModel } from '../model/kind-model.js'
import { authorizationPolicyModel } from '../models/authorization-policy.js'
import { backendTlsPolicyModel } from '../models/backend-tls-policy.js'
import { destinationRuleModel } from '../models/destination-rule.js'
import { envoyFilterModel } from '../models/envoy-filter.js'
import { gatewayModel } from '../models/gateway.js'
import { gatewayApiGatewayModel } from '../models/gateway-api-gateway.js'
import { gatewayClassModel } from '../models/gateway-class.js'
import { grpcRouteModel } from '../models/grpc-route.js'
import { httpRouteModel } from '../models/http-route.js'
import { istioOperatorModel } from '../models/istio-operator.js'
import { listenerSetModel } from '../models/listener-set.js'
import { peerAuthenticationModel } from '../models/peer-authentication.js'
import { proxyConfigModel } from '../models/proxy-config.js'
import { referenceGrantModel } from '../models/reference-grant.js'
import { requestAuthenticationModel } from '../models/request-authentication.js'
import { serviceEntryModel } from '../models/service-entry.js'
import { sidecarModel } from '../models/sidecar.js'
import { tcpRouteModel } from '../models/tcp-route.js'
import { telemetryModel } from '../models/telemetry.js'
import { tlsRouteModel } from '../models/tls-route.js'
import { trafficExtensionModel } from '../models/traffic-extension.js'
import { udpRouteModel } from '../models/udp-route.js'
import { virtualServiceModel } from '../models/virtual-service.js'
import { wasmPluginModel } from '../models/wasm-plugin.js'
import { workloadEntryModel } from '../models/workload-entry.js'
import { workloadGroupModel } from '../models/workload-group.js'

/** In the order in which lists show them. */
export const customKinds: readonly KindModel[] = [
  virtualServiceModel,
  destinationRuleModel,
  gatewayModel,
  serviceEntryModel,
  sidecarModel,
  workloadEntryModel,
  workloadGroupModel,
  envoyFilterModel,
  proxyConfigModel,
  peerAuthenticationModel,
  requestAuthenticationModel,
  authorizationPolicyModel,
  telemetryModel,
  wasmPluginModel,
  trafficExtensionModel,
  istioOperatorModel,
  gatewayClassModel,
  gatewayApiGatewayModel,
  httpRouteModel,
  grpcRouteModel,
  tlsRouteModel,
  tcpRouteModel,
  udpRouteModel,
  referenceGrantModel,
  backendTlsPolicyModel,
  listenerSetModel,
]

const byName = new Map(customKinds.map((model) => [`${model.group}/${model.kind}`, model]))

export function customKind(group: string, kind: string): KindModel | undefined {
  return byName.get(`${group}/${kind}`)
}
