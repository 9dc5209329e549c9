/** Gateway (gateway.networking.k8s.io) alone: its checks and its builder, without the other kinds and without a YAML parser. */
import type { Gateway } from '../gen/gateway-api-types.js'
import { gatewayApiGatewayModel } from '../models/gateway-api-gateway.js'
import type { ValidateResult } from '../validate/result.js'
import { validateKind, type KindOptions } from '../validate/validate-kind.js'

export { defineGateway } from '../builders/gateway-api.js'
export type { Gateway }

/** Checks a value; what it holds of other kinds or versions is a fault. */
export function validateGateway(value: unknown, options: KindOptions = {}): ValidateResult<Gateway> {
  return validateKind(gatewayApiGatewayModel, value, options)
}
