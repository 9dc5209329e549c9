/** Lists a collection page by page (Kubernetes API concepts, "retrieving large results sets in chunks"). */
import type { ApiConnection } from './api-connection.js'
import { statusOf } from './api-error.js'
import type { KubernetesObject, ListOptions, ResourceList, ResourceType } from './resource-client.js'
import { listQuery, resourcePath } from './resource-path.js'

const pageSize = 500

interface ListAnswer {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string }
  readonly items?: readonly KubernetesObject[] | null
}

export async function listAll(connection: ApiConnection, type: ResourceType, options: ListOptions = {}): Promise<ResourceList> {
  try {
    return await listPages(connection, type, options, String(pageSize))
  } catch (error) {
    // The continue token outlived the server's history: one unpaged list is consistent again.
    if (statusOf(error)?.code !== 410) throw error
    return listPages(connection, type, options, undefined)
  }
}

async function listPages(
  connection: ApiConnection,
  type: ResourceType,
  options: ListOptions,
  limit: string | undefined,
): Promise<ResourceList> {
  const items: KubernetesObject[] = []
  let next: string | undefined
  let resourceVersion: string | undefined
  do {
    const query = listQuery(options, { ...(limit !== undefined && { limit }), ...(next !== undefined && { continue: next }) })
    const path = `${resourcePath(type, { namespace: options.namespace })}${query}`
    const answer = (await connection.call({ path, ...(options.signal && { signal: options.signal }) })) as unknown as ListAnswer
    // A server may answer later pages with newer versions: a watch from those would miss what changed on pages read before.
    resourceVersion ??= answer.metadata?.resourceVersion
    for (const item of answer.items ?? []) items.push(withKind(item, answer))
    next = answer.metadata?.continue || undefined
  } while (next !== undefined)
  return { resourceVersion: resourceVersion ?? '', items }
}

/** A real API server leaves kind and apiVersion out of list items. */
function withKind(item: KubernetesObject, list: ListAnswer): KubernetesObject {
  if (item.kind && item.apiVersion) return item
  return { ...item, apiVersion: list.apiVersion ?? '', kind: (list.kind ?? '').replace(/List$/, '') }
}
