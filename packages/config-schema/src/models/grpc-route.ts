/** gateway.networking.k8s.io GRPCRoute: its fields and rules. */
import { grpcRouteSpec } from '../gateway-api/grpc-route.js'
import { kindModel, type KindModel } from '../model/kind-model.js'
import { checkGrpcRoute } from '../rules/gateway-api/grpc-route.js'

export const grpcRouteModel: KindModel = kindModel({
  group: 'gateway.networking.k8s.io',
  kind: 'GRPCRoute',
  versions: ['v1'],
  spec: grpcRouteSpec,
  check: checkGrpcRoute,
})
