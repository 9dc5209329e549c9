/** The kinds of the Gateway API (`@heddle/config-schema/gateway-api`): apart, since Istio has kinds and types of the same names. */
export {
  defineGatewayClass,
  defineGateway,
  defineHttpRoute,
  defineGrpcRoute,
  defineTlsRoute,
  defineTcpRoute,
  defineUdpRoute,
  defineReferenceGrant,
  defineBackendTlsPolicy,
  defineListenerSet,
} from './builders/gateway-api.js'
/** The types of all kinds and of their parts: the generated file is their list. */
export type * from './gen/gateway-api-types.js'
