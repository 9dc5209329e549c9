/**
 * What Heddle's own mesh does with resources that are valid for Istio. A kind that is checked and not executed yet is accepted
 * with a warning; what would protect something and is not enforced is refused, since a policy that silently does nothing is
 * worse than an error. Asked for by `target: 'heddle'`; `docs/compatibility.md` is written from it.
 */
import type { KubernetesObject } from '../resource.js'
import { parseApiVersion } from '../kinds/api-version.js'
import type { Fault, FaultList } from './fault.js'
import { error, warning, within } from '../rules/reporter.js'

export interface KindExecution {
  readonly outcome: 'executed' | 'accepted' | 'refused'
  /** What it means that the kind is not executed. */
  readonly reason?: string
}

const accepted = (reason: string): KindExecution => ({ outcome: 'accepted', reason })
const refused = (reason: string): KindExecution => ({ outcome: 'refused', reason })
const unrouted = accepted('Istio kinds say where traffic goes; routes of the Gateway API are not translated')

const byKind: Readonly<Record<string, KindExecution>> = {
  'networking.istio.io/ServiceEntry': accepted('traffic to its hosts is treated like traffic to any unknown host'),
  'networking.istio.io/Sidecar': accepted('proxies reach everything that is exported to them'),
  'networking.istio.io/WorkloadEntry': accepted('workloads are Pods only'),
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

interface Reading {
  readonly phase?: unknown
  readonly configPatches?: readonly { readonly patch?: { readonly filterClass?: unknown } }[]
  readonly servers?: readonly { readonly tls?: Readonly<Record<string, readonly unknown[] | undefined>> }[]
}

/** @param resource one in which no value has the wrong type. */
export function executionFaults(resource: KubernetesObject): readonly Fault[] {
  const list: FaultList = { faults: [], path: [] }
  const { outcome, reason } = kindExecution(resource.apiVersion, resource.kind)
  const spec = (resource.spec ?? {}) as Reading
  if (outcome === 'refused')
    error(list, 'not-enforced', ['kind'], `${resource.kind} is not enforced by this mesh, so it is refused: ${reason}.`)
  else if (protects(spec))
    error(
      list,
      'not-enforced',
      ['kind'],
      `This ${resource.kind} is part of authentication or authorization and is not executed, so it is refused.`,
    )
  else if (outcome === 'accepted') warning(list, 'not-executed', ['kind'], `Accepted, not yet executed by this mesh: ${reason}.`)
  if (resource.kind === 'Gateway') checkPins(spec, list)
  return list.faults
}

/** Extensions in the phases that let people in or keep them out. */
function protects({ phase, configPatches }: Reading): boolean {
  const phases = [phase, ...(configPatches ?? []).map(({ patch }) => patch?.filterClass)]
  return phases.some((name) => name === 'AUTHN' || name === 'AUTHZ')
}

/** Going on without pins would let in clients that were to be kept out. */
function checkPins({ servers = [] }: Reading, list: FaultList): void {
  servers.forEach(({ tls }, index) => {
    within(list, ['spec', 'servers', index, 'tls'], () => {
      for (const name of ['verifyCertificateSpki', 'verifyCertificateHash']) {
        if ((tls?.[name]?.length ?? 0) === 0) continue
        const message = `"${name}" is not implemented: clients whose certificates are not in the list would be let in. Remove it; subjectAltNames limits clients by name.`
        error(list, 'not-enforced', [name], message, { part: 'key' })
      }
    })
  })
}
