/** WorkloadGroup (networking.istio.io) alone: its checks and its builder, without the other kinds and without a YAML parser. */
import type { WorkloadGroup } from '../gen/types.js'
import { workloadGroupModel } from '../models/workload-group.js'
import type { KindOptions, ValidateResult } from '../validate/options.js'
import { validateKind } from '../validate/validate-kind.js'

export { defineWorkloadGroup } from '../builders/istio.js'
export type { WorkloadGroup }

export function validateWorkloadGroup(value: unknown, options: KindOptions = {}): ValidateResult<WorkloadGroup> {
  return validateKind(workloadGroupModel, value, options)
}
