/** BackendTLSPolicy (gateway.networking.k8s.io) alone: its checks and its builder, without the other kinds and without a YAML parser. */
import type { BackendTLSPolicy } from '../gen/gateway-api-types.js'
import { backendTlsPolicyModel } from '../models/backend-tls-policy.js'
import type { KindOptions, ValidateResult } from '../validate/options.js'
import { validateKind } from '../validate/validate-kind.js'

export { defineBackendTlsPolicy } from '../builders/gateway-api.js'
export type { BackendTLSPolicy }

export function validateBackendTlsPolicy(value: unknown, options: KindOptions = {}): ValidateResult<BackendTLSPolicy> {
  return validateKind(backendTlsPolicyModel, value, options)
}
