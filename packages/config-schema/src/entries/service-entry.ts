/** ServiceEntry (networking.istio.io) alone: its checks and its builder, without the other kinds and without a YAML parser. */
import type { ServiceEntry } from '../gen/types.js'
import { serviceEntryModel } from '../models/service-entry.js'
import type { KindOptions, ValidateResult } from '../validate/options.js'
import { validateKind } from '../validate/validate-kind.js'

export { defineServiceEntry } from '../builders/istio.js'
export type { ServiceEntry }

export function validateServiceEntry(value: unknown, options: KindOptions = {}): ValidateResult<ServiceEntry> {
  return validateKind(serviceEntryModel, value, options)
}
