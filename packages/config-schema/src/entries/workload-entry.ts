/** WorkloadEntry (networking.istio.io) alone: its checks and its builder, without the other kinds and without a YAML parser. */
import type { WorkloadEntry } from '../gen/types.js'
import { workloadEntryModel } from '../models/workload-entry.js'
import type { KindOptions, ValidateResult } from '../validate/options.js'
import { validateKind } from '../validate/validate-kind.js'

export { defineWorkloadEntry } from '../builders/istio.js'
export type { WorkloadEntry }

export function validateWorkloadEntry(value: unknown, options: KindOptions = {}): ValidateResult<WorkloadEntry> {
  return validateKind(workloadEntryModel, value, options)
}
