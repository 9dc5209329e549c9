/** Gateway (networking.istio.io) alone: its checks and its builder, without the other kinds and without a YAML parser. */
import type { Gateway } from '../gen/types.js'
import { gatewayModel } from '../models/gateway.js'
import type { KindOptions, ValidateResult } from '../validate/options.js'
import { validateKind } from '../validate/validate-kind.js'

export { defineGateway } from '../builders/istio.js'
export type { Gateway }

export function validateGateway(value: unknown, options: KindOptions = {}): ValidateResult<Gateway> {
  return validateKind(gatewayModel, value, options)
}
