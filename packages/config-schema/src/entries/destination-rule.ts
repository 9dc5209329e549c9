/** DestinationRule (networking.istio.io) alone: its checks and its builder, without the other kinds and without a YAML parser. */
import type { DestinationRule } from '../gen/types.js'
import { destinationRuleModel } from '../models/destination-rule.js'
import type { KindOptions, ValidateResult } from '../validate/options.js'
import { validateKind } from '../validate/validate-kind.js'

export { defineDestinationRule } from '../builders/istio.js'
export type { DestinationRule }

export function validateDestinationRule(value: unknown, options: KindOptions = {}): ValidateResult<DestinationRule> {
  return validateKind(destinationRuleModel, value, options)
}
