/** gateway.networking.k8s.io HTTPRoute: its fields and rules. */
import { httpRouteSpec } from '../gateway-api/http-route.js'
import { kindModel, type KindModel } from '../model/kind-model.js'
import { checkHttpRoute } from '../rules/gateway-api/http-route.js'

export const httpRouteModel: KindModel = kindModel({
  group: 'gateway.networking.k8s.io',
  kind: 'HTTPRoute',
  versions: ['v1', 'v1beta1'],
  spec: httpRouteSpec,
  check: checkHttpRoute,
})
