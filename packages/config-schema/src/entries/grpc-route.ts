/** GRPCRoute (gateway.networking.k8s.io) alone: its checks and its builder, without the other kinds and without a YAML parser. */
import type { GRPCRoute } from '../gen/gateway-api-types.js'
import { grpcRouteModel } from '../models/grpc-route.js'
import type { ValidateResult } from '../validate/result.js'
import { validateKind, type KindOptions } from '../validate/validate-kind.js'

export { defineGrpcRoute } from '../builders/gateway-api.js'
export type { GRPCRoute }

/** Checks a value; what it holds of other kinds or versions is a fault. */
export function validateGrpcRoute(value: unknown, options: KindOptions = {}): ValidateResult<GRPCRoute> {
  return validateKind(grpcRouteModel, value, options)
}
