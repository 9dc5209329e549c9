/** ReferenceGrant (gateway.networking.k8s.io) alone: its checks and its builder, without the other kinds and without a YAML parser. */
import type { ReferenceGrant } from '../gen/gateway-api-types.js'
import { referenceGrantModel } from '../models/reference-grant.js'
import type { KindOptions, ValidateResult } from '../validate/options.js'
import { validateKind } from '../validate/validate-kind.js'

export { defineReferenceGrant } from '../builders/gateway-api.js'
export type { ReferenceGrant }

export function validateReferenceGrant(value: unknown, options: KindOptions = {}): ValidateResult<ReferenceGrant> {
  return validateKind(referenceGrantModel, value, options)
}
