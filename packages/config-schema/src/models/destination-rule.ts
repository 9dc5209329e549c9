/** networking.istio.io DestinationRule: its fields and rules. */
import { destinationRuleSpec } from '../istio/destination-rule.js'
import { kindModel, type KindModel } from '../model/kind-model.js'
import { checkDestinationRule } from '../rules/destination-rule.js'

export const destinationRuleModel: KindModel = kindModel({
  group: 'networking.istio.io',
  kind: 'DestinationRule',
  versions: ['v1', 'v1beta1', 'v1alpha3'],
  spec: destinationRuleSpec,
  check: checkDestinationRule,
})
