/**
 * Which mutual TLS a workload demands, from PeerAuthentication: mesh, then namespace, then workload, then port; the
 * narrowest that says something wins, the oldest of equals. Nothing at all means PERMISSIVE. In the root namespace only the
 * policy of the mesh counts: istiod passes over those that select workloads there.
 */
import type { MutualTlsMode, PeerAuthentication } from '../resources/peer-authentication.js'
import type { MeshSnapshot } from '../snapshot/mesh-snapshot.js'
import { isSubset, type Labels } from '../snapshot/workload.js'

export type EffectiveMode = Exclude<MutualTlsMode, 'UNSET'>

export interface WorkloadMutualTls {
  readonly mode: EffectiveMode
  /** Workload ports that differ, or say the same explicitly. */
  readonly ports: ReadonlyMap<number, EffectiveMode>
}

/** The mode that holds for a namespace as a whole. */
export function namespaceMode(snapshot: MeshSnapshot, namespace: string): EffectiveMode {
  const root = oldestGeneral(snapshot, snapshot.meshConfig.rootNamespace)
  return modeOf(oldestGeneral(snapshot, namespace)) ?? modeOf(root) ?? 'PERMISSIVE'
}

export function workloadMutualTls(snapshot: MeshSnapshot, namespace: string, labels: Labels): WorkloadMutualTls {
  const policy = selecting(snapshot, namespace, labels)
  const mode = modeOf(policy) ?? namespaceMode(snapshot, namespace)
  const ports = new Map<number, EffectiveMode>()
  for (const [port, settings] of Object.entries(policy?.spec?.portLevelMtls ?? {})) ports.set(Number(port), known(settings.mode) ?? mode)
  return { mode, ports }
}

/** The policy that decides for one port of a workload; undefined: nobody said anything. */
export function effectivePolicy(snapshot: MeshSnapshot, namespace: string, labels: Labels, port: number): PeerAuthentication | undefined {
  const own = selecting(snapshot, namespace, labels)
  if (own !== undefined && (known(own.spec?.portLevelMtls?.[String(port)]?.mode) ?? modeOf(own)) !== undefined) return own
  return [namespace, snapshot.meshConfig.rootNamespace]
    .map((place) => oldestGeneral(snapshot, place))
    .find((policy) => modeOf(policy) !== undefined)
}

function policiesIn(snapshot: MeshSnapshot, namespace: string): readonly PeerAuthentication[] {
  return snapshot.peerAuthenticationsByNamespace.get(namespace) ?? []
}

function oldestGeneral(snapshot: MeshSnapshot, namespace: string): PeerAuthentication | undefined {
  return policiesIn(snapshot, namespace).find((policy) => !hasSelector(policy))
}

function selecting(snapshot: MeshSnapshot, namespace: string, labels: Labels): PeerAuthentication | undefined {
  if (namespace === snapshot.meshConfig.rootNamespace) return undefined
  return policiesIn(snapshot, namespace).find((policy) => hasSelector(policy) && isSubset(policy.spec?.selector?.matchLabels, labels))
}

function hasSelector(policy: PeerAuthentication): boolean {
  return Object.keys(policy.spec?.selector?.matchLabels ?? {}).length > 0
}

function modeOf(policy: PeerAuthentication | undefined): EffectiveMode | undefined {
  return known(policy?.spec?.mtls?.mode)
}

function known(mode: MutualTlsMode | undefined): EffectiveMode | undefined {
  return mode === undefined || mode === 'UNSET' ? undefined : mode
}
