/** EnvoyFilter (networking.istio.io) alone: its checks and its builder, without the other kinds and without a YAML parser. */
import type { EnvoyFilter } from '../gen/types.js'
import { envoyFilterModel } from '../models/envoy-filter.js'
import type { KindOptions, ValidateResult } from '../validate/options.js'
import { validateKind } from '../validate/validate-kind.js'

export { defineEnvoyFilter } from '../builders/istio.js'
export type { EnvoyFilter }

export function validateEnvoyFilter(value: unknown, options: KindOptions = {}): ValidateResult<EnvoyFilter> {
  return validateKind(envoyFilterModel, value, options)
}
