/** gateway.networking.k8s.io UDPRoute: its fields and rules. */
import { udpRouteSpec } from '../gateway-api/stream-routes.js'
import { kindModel, type KindModel } from '../model/kind-model.js'
import { checkStreamRoute } from '../rules/gateway-api/stream-route.js'

export const udpRouteModel: KindModel = kindModel({
  group: 'gateway.networking.k8s.io',
  kind: 'UDPRoute',
  versions: ['v1', 'v1alpha2'],
  spec: udpRouteSpec,
  check: checkStreamRoute,
})
