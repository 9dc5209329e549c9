/** ServiceEntry (networking.istio.io) alone: its checks and its builder, without the other kinds and without a YAML parser. */
import type { ServiceEntry } from '../gen/types.js'
import { serviceEntryModel } from '../models/service-entry.js'
import type { ValidateResult } from '../validate/result.js'
import { validateKind, type KindOptions } from '../validate/validate-kind.js'

export { defineServiceEntry } from '../builders/istio.js'
export type { ServiceEntry }

/** Checks a value; what it holds of other kinds or versions is a fault. */
export function validateServiceEntry(value: unknown, options: KindOptions = {}): ValidateResult<ServiceEntry> {
  return validateKind(serviceEntryModel, value, options)
}
