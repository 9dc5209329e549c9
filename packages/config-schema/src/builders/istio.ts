/** Builders of Istio's kinds. */
import type {
  AuthorizationPolicy,
  DestinationRule,
  EnvoyFilter,
  Gateway,
  IstioOperator,
  PeerAuthentication,
  ProxyConfig,
  RequestAuthentication,
  ServiceEntry,
  Sidecar,
  Telemetry,
  TrafficExtension,
  VirtualService,
  WasmPlugin,
  WorkloadEntry,
  WorkloadGroup,
} from '../gen/types.js'
import { identified, type Draft } from './define.js'

type NetworkingVersion = 'networking.istio.io/v1' | 'networking.istio.io/v1beta1' | 'networking.istio.io/v1alpha3'
type SecurityVersion = 'security.istio.io/v1' | 'security.istio.io/v1beta1'

export function defineVirtualService(draft: Draft<VirtualService, NetworkingVersion>): VirtualService {
  return identified('networking.istio.io/v1', 'VirtualService', draft)
}

export function defineDestinationRule(draft: Draft<DestinationRule, NetworkingVersion>): DestinationRule {
  return identified('networking.istio.io/v1', 'DestinationRule', draft)
}

export function defineGateway(draft: Draft<Gateway, NetworkingVersion>): Gateway {
  return identified('networking.istio.io/v1', 'Gateway', draft)
}

export function defineServiceEntry(draft: Draft<ServiceEntry, NetworkingVersion>): ServiceEntry {
  return identified('networking.istio.io/v1', 'ServiceEntry', draft)
}

export function defineSidecar(draft: Draft<Sidecar, NetworkingVersion>): Sidecar {
  return identified('networking.istio.io/v1', 'Sidecar', draft)
}

export function defineWorkloadEntry(draft: Draft<WorkloadEntry, NetworkingVersion>): WorkloadEntry {
  return identified('networking.istio.io/v1', 'WorkloadEntry', draft)
}

export function defineWorkloadGroup(draft: Draft<WorkloadGroup, NetworkingVersion>): WorkloadGroup {
  return identified('networking.istio.io/v1', 'WorkloadGroup', draft)
}

export function defineEnvoyFilter(draft: Draft<EnvoyFilter, 'networking.istio.io/v1alpha3'>): EnvoyFilter {
  return identified('networking.istio.io/v1alpha3', 'EnvoyFilter', draft)
}

export function defineProxyConfig(draft: Draft<ProxyConfig, 'networking.istio.io/v1beta1'>): ProxyConfig {
  return identified('networking.istio.io/v1beta1', 'ProxyConfig', draft)
}

export function definePeerAuthentication(draft: Draft<PeerAuthentication, SecurityVersion>): PeerAuthentication {
  return identified('security.istio.io/v1', 'PeerAuthentication', draft)
}

export function defineRequestAuthentication(draft: Draft<RequestAuthentication, SecurityVersion>): RequestAuthentication {
  return identified('security.istio.io/v1', 'RequestAuthentication', draft)
}

export function defineAuthorizationPolicy(draft: Draft<AuthorizationPolicy, SecurityVersion>): AuthorizationPolicy {
  return identified('security.istio.io/v1', 'AuthorizationPolicy', draft)
}

export function defineTelemetry(draft: Draft<Telemetry, 'telemetry.istio.io/v1' | 'telemetry.istio.io/v1alpha1'>): Telemetry {
  return identified('telemetry.istio.io/v1', 'Telemetry', draft)
}

export function defineWasmPlugin(draft: Draft<WasmPlugin, 'extensions.istio.io/v1alpha1'>): WasmPlugin {
  return identified('extensions.istio.io/v1alpha1', 'WasmPlugin', draft)
}

export function defineTrafficExtension(draft: Draft<TrafficExtension, 'extensions.istio.io/v1alpha1'>): TrafficExtension {
  return identified('extensions.istio.io/v1alpha1', 'TrafficExtension', draft)
}

export function defineIstioOperator(draft: Draft<IstioOperator, 'install.istio.io/v1alpha1'>): IstioOperator {
  return identified('install.istio.io/v1alpha1', 'IstioOperator', draft)
}
