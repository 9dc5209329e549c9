/**
 * The last good bundle of each other trust domain, in a ConfigMap of its own, so that a start while the other side is away, or long after
 * the first bundle has ended, believes what was believed before. Of replicas any may write: what they fetch is the same.
 */
import { createHash } from 'node:crypto'
import { parseSpiffeBundle } from '@heddle/ca'
import { configMaps, type KubernetesObject, type ResourceClient, statusOf } from '@heddle/client'

export interface KeptBundlesOptions {
  readonly client: ResourceClient
  readonly namespace: string
}

/** A bundle that was fetched, and which first one it grew from: when an operator gives another, it counts no more. */
export interface KeptBundle {
  readonly from: string
  readonly document: string
}

export interface KeptBundles {
  get(trustDomain: string): KeptBundle | undefined
  /** @throws what the API answers */
  keep(trustDomain: string, bundle: KeptBundle): Promise<void>
  /** Forgets every other. @throws what the API answers */
  retain(isWanted: (trustDomain: string, bundle: KeptBundle) => boolean): Promise<void>
}

/** Trust domains may have characters that names of objects may not. */
const namePrefix = 'heddle-federated-bundle-'
const labels = { 'heddle.dev/kept': 'federated-bundle' }

/** Reads what was kept. What cannot be read is fetched again. */
export async function openKeptBundles({ client, namespace }: KeptBundlesOptions): Promise<KeptBundles> {
  const { items } = await client.list(configMaps, { namespace, labelSelector: 'heddle.dev/kept=federated-bundle' })
  const known = new Map(items.flatMap(readKept))
  return {
    get: (trustDomain) => known.get(trustDomain),
    async keep(trustDomain, bundle) {
      known.set(trustDomain, bundle)
      const name = nameOf(trustDomain)
      const data = { trustDomain, ...bundle }
      try {
        await client.patch(configMaps, name, { data }, namespace)
      } catch (error) {
        if (statusOf(error)?.code !== 404) throw error
        await client.create(configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace, labels }, data })
      }
    },
    async retain(isWanted) {
      const gone = [...known].flatMap(([trustDomain, bundle]) => (isWanted(trustDomain, bundle) ? [] : [trustDomain]))
      for (const trustDomain of gone) known.delete(trustDomain)
      for (const trustDomain of gone) await remove(client, nameOf(trustDomain), namespace)
    },
  }
}

async function remove(client: ResourceClient, name: string, namespace: string): Promise<void> {
  try {
    await client.delete(configMaps, name, namespace)
  } catch (error) {
    // Another replica was quicker.
    if (statusOf(error)?.code !== 404) throw error
  }
}

function nameOf(trustDomain: string): string {
  return `${namePrefix}${createHash('sha256').update(trustDomain).digest('hex').slice(0, 32)}`
}

function readKept(object: KubernetesObject): readonly (readonly [string, KeptBundle])[] {
  const { trustDomain, from, document } = (object['data'] ?? {}) as Readonly<Record<string, string>>
  if (trustDomain === undefined || from === undefined || document === undefined) return []
  return object.metadata.name === nameOf(trustDomain) && parseSpiffeBundle(document).ok ? [[trustDomain, { from, document }]] : []
}
