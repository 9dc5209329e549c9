/** networking.istio.io Gateway: its fields and rules. */
import { gatewaySpec } from '../istio/gateway.js'
import { kindModel, type KindModel } from '../model/kind-model.js'
import { checkGateway } from '../rules/gateway.js'

export const gatewayModel: KindModel = kindModel({
  group: 'networking.istio.io',
  kind: 'Gateway',
  versions: ['v1', 'v1beta1', 'v1alpha3'],
  spec: gatewaySpec,
  check: checkGateway,
})
