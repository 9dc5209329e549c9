/** Builders of the Gateway API's kinds. */
import type {
  BackendTLSPolicy,
  GRPCRoute,
  Gateway,
  GatewayClass,
  HTTPRoute,
  ListenerSet,
  ReferenceGrant,
  TCPRoute,
  TLSRoute,
  UDPRoute,
} from '../gen/gateway-api-types.js'
import { identified, type Draft } from './define.js'

type StableVersion = 'gateway.networking.k8s.io/v1' | 'gateway.networking.k8s.io/v1beta1'

export function defineGatewayClass(draft: Draft<GatewayClass, StableVersion>): GatewayClass {
  return identified('gateway.networking.k8s.io/v1', 'GatewayClass', draft)
}

export function defineGateway(draft: Draft<Gateway, StableVersion>): Gateway {
  return identified('gateway.networking.k8s.io/v1', 'Gateway', draft)
}

export function defineHttpRoute(draft: Draft<HTTPRoute, StableVersion>): HTTPRoute {
  return identified('gateway.networking.k8s.io/v1', 'HTTPRoute', draft)
}

export function defineGrpcRoute(draft: Draft<GRPCRoute, 'gateway.networking.k8s.io/v1'>): GRPCRoute {
  return identified('gateway.networking.k8s.io/v1', 'GRPCRoute', draft)
}

export function defineTlsRoute(
  draft: Draft<TLSRoute, 'gateway.networking.k8s.io/v1' | 'gateway.networking.k8s.io/v1alpha3' | 'gateway.networking.k8s.io/v1alpha2'>,
): TLSRoute {
  return identified('gateway.networking.k8s.io/v1', 'TLSRoute', draft)
}

export function defineTcpRoute(draft: Draft<TCPRoute, 'gateway.networking.k8s.io/v1' | 'gateway.networking.k8s.io/v1alpha2'>): TCPRoute {
  return identified('gateway.networking.k8s.io/v1', 'TCPRoute', draft)
}

export function defineUdpRoute(draft: Draft<UDPRoute, 'gateway.networking.k8s.io/v1' | 'gateway.networking.k8s.io/v1alpha2'>): UDPRoute {
  return identified('gateway.networking.k8s.io/v1', 'UDPRoute', draft)
}

export function defineReferenceGrant(draft: Draft<ReferenceGrant, StableVersion>): ReferenceGrant {
  return identified('gateway.networking.k8s.io/v1', 'ReferenceGrant', draft)
}

export function defineBackendTlsPolicy(draft: Draft<BackendTLSPolicy, 'gateway.networking.k8s.io/v1'>): BackendTLSPolicy {
  return identified('gateway.networking.k8s.io/v1', 'BackendTLSPolicy', draft)
}

export function defineListenerSet(draft: Draft<ListenerSet, 'gateway.networking.k8s.io/v1'>): ListenerSet {
  return identified('gateway.networking.k8s.io/v1', 'ListenerSet', draft)
}
