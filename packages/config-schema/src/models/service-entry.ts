/** networking.istio.io ServiceEntry: its fields and rules. */
import { serviceEntrySpec } from '../istio/service-entry.js'
import { kindModel, type KindModel } from '../model/kind-model.js'
import { checkServiceEntry } from '../rules/service-entry.js'

export const serviceEntryModel: KindModel = kindModel({
  group: 'networking.istio.io',
  kind: 'ServiceEntry',
  versions: ['v1', 'v1beta1', 'v1alpha3'],
  spec: serviceEntrySpec,
  check: checkServiceEntry,
})
