/** HTTPRoute (gateway.networking.k8s.io) alone: its checks and its builder, without the other kinds and without a YAML parser. */
import type { HTTPRoute } from '../gen/gateway-api-types.js'
import { httpRouteModel } from '../models/http-route.js'
import type { ValidateResult } from '../validate/result.js'
import { validateKind, type KindOptions } from '../validate/validate-kind.js'

export { defineHttpRoute } from '../builders/gateway-api.js'
export type { HTTPRoute }

/** Checks a value; what it holds of other kinds or versions is a fault. */
export function validateHttpRoute(value: unknown, options: KindOptions = {}): ValidateResult<HTTPRoute> {
  return validateKind(httpRouteModel, value, options)
}
