/** install.istio.io IstioOperator: its fields and rules. */
import { istioOperatorSpec } from '../istio/istio-operator.js'
import { kindModel, type KindModel } from '../model/kind-model.js'
import { checkIstioOperator } from '../rules/mesh-config.js'

export const istioOperatorModel: KindModel = kindModel({
  group: 'install.istio.io',
  kind: 'IstioOperator',
  versions: ['v1alpha1'],
  spec: istioOperatorSpec,
  isSpecOptional: true,
  isFileOnly: true,
  check: checkIstioOperator,
})
