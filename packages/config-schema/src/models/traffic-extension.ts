/** extensions.istio.io TrafficExtension: its fields and rules. */
import { trafficExtensionSpec } from '../istio/extensions.js'
import { kindModel, type KindModel } from '../model/kind-model.js'
import { checkTrafficExtension } from '../rules/extensions.js'

export const trafficExtensionModel: KindModel = kindModel({
  group: 'extensions.istio.io',
  kind: 'TrafficExtension',
  versions: ['v1alpha1'],
  spec: trafficExtensionSpec,
  check: checkTrafficExtension,
})
