/** TLSRoute (gateway.networking.k8s.io) alone: its checks and its builder, without the other kinds and without a YAML parser. */
import type { TLSRoute } from '../gen/gateway-api-types.js'
import { tlsRouteModel } from '../models/tls-route.js'
import type { KindOptions, ValidateResult } from '../validate/options.js'
import { validateKind } from '../validate/validate-kind.js'

export { defineTlsRoute } from '../builders/gateway-api.js'
export type { TLSRoute }

export function validateTlsRoute(value: unknown, options: KindOptions = {}): ValidateResult<TLSRoute> {
  return validateKind(tlsRouteModel, value, options)
}
