/** What Heddle's own mesh does with each kind that can be checked; docs/compatibility.md is written from it. */
import { parseApiVersion } from './api-version.js'

export interface KindExecution {
  readonly outcome: 'executed' | 'accepted' | 'refused'
  /** What it means that the kind is not executed. */
  readonly reason?: string
}

const accepted = (reason: string): KindExecution => ({ outcome: 'accepted', reason })
const refused = (reason: string): KindExecution => ({ outcome: 'refused', reason })
const unrouted = accepted(
  'Istio kinds say where traffic goes; routes of the Gateway API are not translated, and can be stored once their definitions are there (heddle manifest crds --gateway-api | heddle apply -f -)',
)

const byKind: Readonly<Record<string, KindExecution>> = {
  'networking.istio.io/WorkloadGroup': accepted('workloads are Pods only'),
  'networking.istio.io/EnvoyFilter': accepted('proxies get their configuration without patches'),
  'networking.istio.io/ProxyConfig': accepted('proxies have the settings of the mesh'),
  'telemetry.istio.io/Telemetry': accepted('metrics and access logs are those of the mesh'),
  'extensions.istio.io/WasmPlugin': accepted('proxies run no WebAssembly'),
  'extensions.istio.io/TrafficExtension': accepted('proxies run no WebAssembly and no Lua'),
  'install.istio.io/IstioOperator': accepted('an installation is described by the options of heddle install'),
  'security.istio.io/AuthorizationPolicy': refused('nobody would be kept out'),
  'security.istio.io/RequestAuthentication': refused('tokens would not be checked'),
  'gateway.networking.k8s.io/BackendTLSPolicy': refused('backends would be called without TLS'),
  'gateway.networking.k8s.io/GatewayClass': unrouted,
  'gateway.networking.k8s.io/Gateway': unrouted,
  'gateway.networking.k8s.io/HTTPRoute': unrouted,
  'gateway.networking.k8s.io/GRPCRoute': unrouted,
  'gateway.networking.k8s.io/TLSRoute': unrouted,
  'gateway.networking.k8s.io/TCPRoute': unrouted,
  'gateway.networking.k8s.io/UDPRoute': unrouted,
  'gateway.networking.k8s.io/ListenerSet': unrouted,
  'gateway.networking.k8s.io/ReferenceGrant': unrouted,
}

/** What becomes of a kind in Heddle's own mesh; kinds without an entry are executed. */
export function kindExecution(apiVersion: string, kind: string): KindExecution {
  const key = `${parseApiVersion(apiVersion).group}/${kind}`
  return Object.hasOwn(byKind, key) ? (byKind[key] as KindExecution) : { outcome: 'executed' }
}
