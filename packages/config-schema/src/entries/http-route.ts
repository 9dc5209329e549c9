/** HTTPRoute (gateway.networking.k8s.io) alone: its checks and its builder, without the other kinds and without a YAML parser. */
import type { HTTPRoute } from '../gen/gateway-api-types.js'
import { httpRouteModel } from '../models/http-route.js'
import type { KindOptions, ValidateResult } from '../validate/options.js'
import { validateKind } from '../validate/validate-kind.js'

export { defineHttpRoute } from '../builders/gateway-api.js'
export type { HTTPRoute }

export function validateHttpRoute(value: unknown, options: KindOptions = {}): ValidateResult<HTTPRoute> {
  return validateKind(httpRouteModel, value, options)
}
