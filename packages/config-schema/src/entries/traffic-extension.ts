/** TrafficExtension (extensions.istio.io) alone: its checks and its builder, without the other kinds and without a YAML parser. */
import type { TrafficExtension } from '../gen/types.js'
import { trafficExtensionModel } from '../models/traffic-extension.js'
import type { ValidateResult } from '../validate/result.js'
import { validateKind, type KindOptions } from '../validate/validate-kind.js'

export { defineTrafficExtension } from '../builders/istio.js'
export type { TrafficExtension }

/** Checks a value; what it holds of other kinds or versions is a fault. */
export function validateTrafficExtension(value: unknown, options: KindOptions = {}): ValidateResult<TrafficExtension> {
  return validateKind(trafficExtensionModel, value, options)
}
