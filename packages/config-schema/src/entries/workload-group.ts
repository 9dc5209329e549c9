/** WorkloadGroup (networking.istio.io) alone: its checks and its builder, without the other kinds and without a YAML parser. */
import type { WorkloadGroup } from '../gen/types.js'
import { workloadGroupModel } from '../models/workload-group.js'
import type { ValidateResult } from '../validate/result.js'
import { validateKind, type KindOptions } from '../validate/validate-kind.js'

export { defineWorkloadGroup } from '../builders/istio.js'
export type { WorkloadGroup }

/** Checks a value; what it holds of other kinds or versions is a fault. */
export function validateWorkloadGroup(value: unknown, options: KindOptions = {}): ValidateResult<WorkloadGroup> {
  return validateKind(workloadGroupModel, value, options)
}
