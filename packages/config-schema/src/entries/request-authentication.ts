/** RequestAuthentication (security.istio.io) alone: its checks and its builder, without the other kinds and without a YAML parser. */
import type { RequestAuthentication } from '../gen/types.js'
import { requestAuthenticationModel } from '../models/request-authentication.js'
import type { KindOptions, ValidateResult } from '../validate/options.js'
import { validateKind } from '../validate/validate-kind.js'

export { defineRequestAuthentication } from '../builders/istio.js'
export type { RequestAuthentication }

export function validateRequestAuthentication(value: unknown, options: KindOptions = {}): ValidateResult<RequestAuthentication> {
  return validateKind(requestAuthenticationModel, value, options)
}
