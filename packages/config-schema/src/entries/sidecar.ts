/** Sidecar (networking.istio.io) alone: its checks and its builder, without the other kinds and without a YAML parser. */
import type { Sidecar } from '../gen/types.js'
import { sidecarModel } from '../models/sidecar.js'
import type { ValidateResult } from '../validate/result.js'
import { validateKind, type KindOptions } from '../validate/validate-kind.js'

export { defineSidecar } from '../builders/istio.js'
export type { Sidecar }

/** Checks a value; what it holds of other kinds or versions is a fault. */
export function validateSidecar(value: unknown, options: KindOptions = {}): ValidateResult<Sidecar> {
  return validateKind(sidecarModel, value, options)
}
