/** DestinationRule (networking.istio.io) alone: its checks and its builder, without the other kinds and without a YAML parser. */
import type { DestinationRule } from '../gen/types.js'
import { destinationRuleModel } from '../models/destination-rule.js'
import type { ValidateResult } from '../validate/result.js'
import { validateKind, type KindOptions } from '../validate/validate-kind.js'

export { defineDestinationRule } from '../builders/istio.js'
export type { DestinationRule }

/** Checks a value; what it holds of other kinds or versions is a fault. */
export function validateDestinationRule(value: unknown, options: KindOptions = {}): ValidateResult<DestinationRule> {
  return validateKind(destinationRuleModel, value, options)
}
