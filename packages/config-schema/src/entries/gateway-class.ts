/** GatewayClass (gateway.networking.k8s.io) alone: its checks and its builder, without the other kinds and without a YAML parser. */
import type { GatewayClass } from '../gen/gateway-api-types.js'
import { gatewayClassModel } from '../models/gateway-class.js'
import type { KindOptions, ValidateResult } from '../validate/options.js'
import { validateKind } from '../validate/validate-kind.js'

export { defineGatewayClass } from '../builders/gateway-api.js'
export type { GatewayClass }

export function validateGatewayClass(value: unknown, options: KindOptions = {}): ValidateResult<GatewayClass> {
  return validateKind(gatewayClassModel, value, options)
}
