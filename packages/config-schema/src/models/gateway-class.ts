/** gateway.networking.k8s.io GatewayClass: its fields and rules. */
import { gatewayClassSpec } from '../gateway-api/gateway.js'
import { kindModel, type KindModel } from '../model/kind-model.js'

export const gatewayClassModel: KindModel = kindModel({
  group: 'gateway.networking.k8s.io',
  kind: 'GatewayClass',
  versions: ['v1', 'v1beta1'],
  spec: gatewayClassSpec,
})
