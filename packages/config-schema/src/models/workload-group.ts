/** networking.istio.io WorkloadGroup: its fields and rules. */
import { workloadGroupSpec } from '../istio/workload-group.js'
import { kindModel, type KindModel } from '../model/kind-model.js'
import { checkWorkloadGroup } from '../rules/workload-group.js'

export const workloadGroupModel: KindModel = kindModel({
  group: 'networking.istio.io',
  kind: 'WorkloadGroup',
  versions: ['v1', 'v1beta1', 'v1alpha3'],
  spec: workloadGroupSpec,
  check: checkWorkloadGroup,
})
