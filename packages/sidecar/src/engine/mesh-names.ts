/** The names of the mesh as this Pod may use them: Istio's name table with its short forms, for the preload and for explicit proxying. */
import { isIP } from 'node:net'
import { normalizeName, type PodContract, proxyPorts, readNamesFile, writeNamesFile } from '@heddle/client'
import type { NameTable } from '@heddle/xds'

export interface MeshNames {
  /** As it came last. */
  readonly table: NameTable
  /** Calls `listener` after each change. @returns the way to stop. */
  subscribe(listener: () => void): () => void
  update(table: NameTable): void
  /** Of a host name or address; undefined when the mesh does not have it. */
  resolve(host: string): string | undefined
}

/** @param namespace of the Pod: its services may be called by their bare names. */
export function createMeshNames(namespace: string, pod: PodContract | undefined): MeshNames {
  let names: Readonly<Record<string, readonly string[]>> = {}
  let current: NameTable = {}
  const listeners = new Set<() => void>()
  return {
    get table() {
      return current
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    update(table) {
      current = table
      names = expandNames(table, namespace)
      for (const listener of listeners) listener()
      if (pod?.namesPath === undefined) return
      const file = readNamesFile(pod.namesPath)
      if (file) writeNamesFile(pod.namesPath, { ...file, capture: { address: pod.podIp, port: proxyPorts.outbound }, names })
    },
    resolve(host) {
      const bare = host.startsWith('[') ? host.slice(1, -1) : host
      if (isIP(bare) !== 0) return bare
      const name = normalizeName(bare)
      return Object.hasOwn(names, name) ? names[name]?.[0] : undefined
    },
  }
}

/** `name` in its own namespace, `name.ns`, `name.ns.svc` and the full name, as istio-agent's DNS answers them. */
function expandNames(table: NameTable, namespace: string): Readonly<Record<string, readonly string[]>> {
  const names: Record<string, readonly string[]> = {}
  for (const [host, { addresses, shortName, namespace: owner }] of Object.entries(table)) {
    names[normalizeName(host)] = addresses
    if (shortName === '' || owner === '') continue
    names[`${shortName}.${owner}`] = addresses
    names[`${shortName}.${owner}.svc`] = addresses
    if (owner === namespace) names[shortName] = addresses
  }
  return names
}
