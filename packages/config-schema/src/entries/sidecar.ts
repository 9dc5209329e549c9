/** Sidecar (networking.istio.io) alone: its checks and its builder, without the other kinds and without a YAML parser. */
import type { Sidecar } from '../gen/types.js'
import { sidecarModel } from '../models/sidecar.js'
import type { KindOptions, ValidateResult } from '../validate/options.js'
import { validateKind } from '../validate/validate-kind.js'

export { defineSidecar } from '../builders/istio.js'
export type { Sidecar }

export function validateSidecar(value: unknown, options: KindOptions = {}): ValidateResult<Sidecar> {
  return validateKind(sidecarModel, value, options)
}
