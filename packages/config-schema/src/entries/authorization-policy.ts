/** AuthorizationPolicy (security.istio.io) alone: its checks and its builder, without the other kinds and without a YAML parser. */
import type { AuthorizationPolicy } from '../gen/types.js'
import { authorizationPolicyModel } from '../models/authorization-policy.js'
import type { ValidateResult } from '../validate/result.js'
import { validateKind, type KindOptions } from '../validate/validate-kind.js'

export { defineAuthorizationPolicy } from '../builders/istio.js'
export type { AuthorizationPolicy }

/** Checks a value; what it holds of other kinds or versions is a fault. */
export function validateAuthorizationPolicy(value: unknown, options: KindOptions = {}): ValidateResult<AuthorizationPolicy> {
  return validateKind(authorizationPolicyModel, value, options)
}
