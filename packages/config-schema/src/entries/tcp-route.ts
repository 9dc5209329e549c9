/** TCPRoute (gateway.networking.k8s.io) alone: its checks and its builder, without the other kinds and without a YAML parser. */
import type { TCPRoute } from '../gen/gateway-api-types.js'
import { tcpRouteModel } from '../models/tcp-route.js'
import type { KindOptions, ValidateResult } from '../validate/options.js'
import { validateKind } from '../validate/validate-kind.js'

export { defineTcpRoute } from '../builders/gateway-api.js'
export type { TCPRoute }

export function validateTcpRoute(value: unknown, options: KindOptions = {}): ValidateResult<TCPRoute> {
  return validateKind(tcpRouteModel, value, options)
}
