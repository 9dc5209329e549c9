/** Gateway (gateway.networking.k8s.io) alone: its checks and its builder, without the other kinds and without a YAML parser. */
import type { Gateway } from '../gen/gateway-api-types.js'
import { gatewayApiGatewayModel } from '../models/gateway-api-gateway.js'
import type { KindOptions, ValidateResult } from '../validate/options.js'
import { validateKind } from '../validate/validate-kind.js'

export { defineGateway } from '../builders/gateway-api.js'
export type { Gateway }

export function validateGateway(value: unknown, options: KindOptions = {}): ValidateResult<Gateway> {
  return validateKind(gatewayApiGatewayModel, value, options)
}
