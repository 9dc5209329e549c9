/** Every resource of the running mesh that has to do with its configuration, as analysis takes it. */
import type { KubernetesObject } from '@heddle/client/resources'
import { isKnownKind } from '@heddle/config-schema'
import { discoverResources, type ServedResource } from './discovery.js'
import type { Target } from './target.js'

/** Large or fleeting, and no analyzer reads them. */
const unread = new Set(['Event', 'EndpointSlice', 'Endpoints', 'Lease', 'CustomResourceDefinition', 'ReplicaSet', 'TokenReview', 'Binding'])

export async function liveResources({ client }: Target, signal: AbortSignal): Promise<readonly KubernetesObject[]> {
  const served = (await discoverResources(client, signal)).filter(
    (resource) =>
      !unread.has(resource.kind) && isKnownKind(apiVersionOf(resource), resource.kind) && resource.type.group !== 'authentication.k8s.io',
  )
  const lists = await Promise.all(
    served.map(async (resource) => {
      const { items } = await client.list(resource.type, {})
      return items.map((object) => ({ ...object, apiVersion: apiVersionOf(resource), kind: resource.kind }))
    }),
  )
  return lists.flat()
}

function apiVersionOf({ type: { group, version } }: ServedResource): string {
  return group === '' ? version : `${group}/${version}`
}
