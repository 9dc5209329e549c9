/** TLSRoute (gateway.networking.k8s.io) alone: its checks and its builder, without the other kinds and without a YAML parser. */
import type { TLSRoute } from '../gen/gateway-api-types.js'
import { tlsRouteModel } from '../models/tls-route.js'
import type { ValidateResult } from '../validate/result.js'
import { validateKind, type KindOptions } from '../validate/validate-kind.js'

export { defineTlsRoute } from '../builders/gateway-api.js'
export type { TLSRoute }

/** Checks a value; what it holds of other kinds or versions is a fault. */
export function validateTlsRoute(value: unknown, options: KindOptions = {}): ValidateResult<TLSRoute> {
  return validateKind(tlsRouteModel, value, options)
}
