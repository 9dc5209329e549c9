/** gateway.networking.k8s.io Gateway: its fields and rules. */
import { gatewaySpec } from '../gateway-api/gateway.js'
import { kindModel, type KindModel } from '../model/kind-model.js'
import { checkGateway } from '../rules/gateway-api/gateway.js'

export const gatewayApiGatewayModel: KindModel = kindModel({
  group: 'gateway.networking.k8s.io',
  kind: 'Gateway',
  versions: ['v1', 'v1beta1'],
  spec: gatewaySpec,
  check: checkGateway,
})
