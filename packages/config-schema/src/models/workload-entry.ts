/** networking.istio.io WorkloadEntry: its fields and rules. */
import { workloadEntrySpec } from '../istio/workload-entry.js'
import { kindModel, type KindModel } from '../model/kind-model.js'
import { checkWorkloadEntry } from '../rules/workload-entry.js'

export const workloadEntryModel: KindModel = kindModel({
  group: 'networking.istio.io',
  kind: 'WorkloadEntry',
  versions: ['v1', 'v1beta1', 'v1alpha3'],
  spec: workloadEntrySpec,
  check: checkWorkloadEntry,
})
