/** Telemetry (telemetry.istio.io) alone: its checks and its builder, without the other kinds and without a YAML parser. */
import type { Telemetry } from '../gen/types.js'
import { telemetryModel } from '../models/telemetry.js'
import type { KindOptions, ValidateResult } from '../validate/options.js'
import { validateKind } from '../validate/validate-kind.js'

export { defineTelemetry } from '../builders/istio.js'
export type { Telemetry }

export function validateTelemetry(value: unknown, options: KindOptions = {}): ValidateResult<Telemetry> {
  return validateKind(telemetryModel, value, options)
}
