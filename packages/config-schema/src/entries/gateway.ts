/** Gateway (networking.istio.io) alone: its checks and its builder, without the other kinds and without a YAML parser. */
import type { Gateway } from '../gen/types.js'
import { gatewayModel } from '../models/gateway.js'
import type { ValidateResult } from '../validate/result.js'
import { validateKind, type KindOptions } from '../validate/validate-kind.js'

export { defineGateway } from '../builders/istio.js'
export type { Gateway }

/** Checks a value; what it holds of other kinds or versions is a fault. */
export function validateGateway(value: unknown, options: KindOptions = {}): ValidateResult<Gateway> {
  return validateKind(gatewayModel, value, options)
}
