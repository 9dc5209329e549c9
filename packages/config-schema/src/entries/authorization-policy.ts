/** AuthorizationPolicy (security.istio.io) alone: its checks and its builder, without the other kinds and without a YAML parser. */
import type { AuthorizationPolicy } from '../gen/types.js'
import { authorizationPolicyModel } from '../models/authorization-policy.js'
import type { KindOptions, ValidateResult } from '../validate/options.js'
import { validateKind } from '../validate/validate-kind.js'

export { defineAuthorizationPolicy } from '../builders/istio.js'
export type { AuthorizationPolicy }

export function validateAuthorizationPolicy(value: unknown, options: KindOptions = {}): ValidateResult<AuthorizationPolicy> {
  return validateKind(authorizationPolicyModel, value, options)
}
