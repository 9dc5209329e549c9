/** BackendTLSPolicy (gateway.networking.k8s.io) alone: its checks and its builder, without the other kinds and without a YAML parser. */
import type { BackendTLSPolicy } from '../gen/gateway-api-types.js'
import { backendTlsPolicyModel } from '../models/backend-tls-policy.js'
import type { ValidateResult } from '../validate/result.js'
import { validateKind, type KindOptions } from '../validate/validate-kind.js'

export { defineBackendTlsPolicy } from '../builders/gateway-api.js'
export type { BackendTLSPolicy }

/** Checks a value; what it holds of other kinds or versions is a fault. */
export function validateBackendTlsPolicy(value: unknown, options: KindOptions = {}): ValidateResult<BackendTLSPolicy> {
  return validateKind(backendTlsPolicyModel, value, options)
}
