/** WorkloadEntry (networking.istio.io) alone: its checks and its builder, without the other kinds and without a YAML parser. */
import type { WorkloadEntry } from '../gen/types.js'
import { workloadEntryModel } from '../models/workload-entry.js'
import type { ValidateResult } from '../validate/result.js'
import { validateKind, type KindOptions } from '../validate/validate-kind.js'

export { defineWorkloadEntry } from '../builders/istio.js'
export type { WorkloadEntry }

/** Checks a value; what it holds of other kinds or versions is a fault. */
export function validateWorkloadEntry(value: unknown, options: KindOptions = {}): ValidateResult<WorkloadEntry> {
  return validateKind(workloadEntryModel, value, options)
}
