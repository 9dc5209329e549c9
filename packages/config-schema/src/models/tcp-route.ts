/** gateway.networking.k8s.io TCPRoute: its fields and rules. */
import { tcpRouteSpec } from '../gateway-api/stream-routes.js'
import { kindModel, type KindModel } from '../model/kind-model.js'
import { checkStreamRoute } from '../rules/gateway-api/stream-route.js'

export const tcpRouteModel: KindModel = kindModel({
  group: 'gateway.networking.k8s.io',
  kind: 'TCPRoute',
  versions: ['v1', 'v1alpha2'],
  spec: tcpRouteSpec,
  check: checkStreamRoute,
})
