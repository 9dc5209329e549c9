/** networking.istio.io VirtualService: its fields and rules. */
import { virtualServiceSpec } from '../istio/virtual-service.js'
import { kindModel, type KindModel } from '../model/kind-model.js'
import { checkVirtualService } from '../rules/virtual-service.js'

export const virtualServiceModel: KindModel = kindModel({
  group: 'networking.istio.io',
  kind: 'VirtualService',
  versions: ['v1', 'v1beta1', 'v1alpha3'],
  spec: virtualServiceSpec,
  check: checkVirtualService,
})
