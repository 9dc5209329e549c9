/** GRPCRoute (gateway.networking.k8s.io) alone: its checks and its builder, without the other kinds and without a YAML parser. */
import type { GRPCRoute } from '../gen/gateway-api-types.js'
import { grpcRouteModel } from '../models/grpc-route.js'
import type { KindOptions, ValidateResult } from '../validate/options.js'
import { validateKind } from '../validate/validate-kind.js'

export { defineGrpcRoute } from '../builders/gateway-api.js'
export type { GRPCRoute }

export function validateGrpcRoute(value: unknown, options: KindOptions = {}): ValidateResult<GRPCRoute> {
  return validateKind(grpcRouteModel, value, options)
}
