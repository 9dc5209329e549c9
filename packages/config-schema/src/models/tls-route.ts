/** gateway.networking.k8s.io TLSRoute: its fields and rules. */
import { tlsRouteSpec } from '../gateway-api/stream-routes.js'
import { kindModel, type KindModel } from '../model/kind-model.js'
import { checkTlsRoute } from '../rules/gateway-api/stream-route.js'

export const tlsRouteModel: KindModel = kindModel({
  group: 'gateway.networking.k8s.io',
  kind: 'TLSRoute',
  versions: ['v1', 'v1alpha3', 'v1alpha2'],
  spec: tlsRouteSpec,
  check: checkTlsRoute,
})
