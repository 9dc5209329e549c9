/** UDPRoute (gateway.networking.k8s.io) alone: its checks and its builder, without the other kinds and without a YAML parser. */
import type { UDPRoute } from '../gen/gateway-api-types.js'
import { udpRouteModel } from '../models/udp-route.js'
import type { KindOptions, ValidateResult } from '../validate/options.js'
import { validateKind } from '../validate/validate-kind.js'

export { defineUdpRoute } from '../builders/gateway-api.js'
export type { UDPRoute }

export function validateUdpRoute(value: unknown, options: KindOptions = {}): ValidateResult<UDPRoute> {
  return validateKind(udpRouteModel, value, options)
}
