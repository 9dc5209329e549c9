/** TrafficExtension (extensions.istio.io) alone: its checks and its builder, without the other kinds and without a YAML parser. */
import type { TrafficExtension } from '../gen/types.js'
import { trafficExtensionModel } from '../models/traffic-extension.js'
import type { KindOptions, ValidateResult } from '../validate/options.js'
import { validateKind } from '../validate/validate-kind.js'

export { defineTrafficExtension } from '../builders/istio.js'
export type { TrafficExtension }

export function validateTrafficExtension(value: unknown, options: KindOptions = {}): ValidateResult<TrafficExtension> {
  return validateKind(trafficExtensionModel, value, options)
}
