/** What a request's path means: `/api/v1/namespaces/N/pods/P/log` and its relatives under /apis. */
import type { ResourceCatalog } from './catalog.js'
import type { ResourceKind } from './resource-kind.js'

export interface RequestTarget {
  readonly kind: ResourceKind
  readonly version: string
  readonly namespace: string | undefined
  /** Absent for the collection. */
  readonly name: string | undefined
  readonly subresource: string | undefined
}

/** Undefined for a path that names no served resource. */
export function parseTarget(path: string, catalog: ResourceCatalog): RequestTarget | undefined {
  const parts = path
    .split('/')
    .filter((part) => part !== '')
    .map(decodePart)
  if (parts.includes(undefined)) return undefined
  const [root, ...rest] = parts as string[]
  const [group, version, tail] = root === 'api' ? ['', rest[0], rest.slice(1)] : [rest[0], rest[1], rest.slice(2)]
  if ((root !== 'api' && root !== 'apis') || group === undefined || version === undefined || tail.length === 0) return undefined
  return inNamespace(catalog, group, version, tail) ?? clusterWide(catalog, group, version, tail)
}

/** `namespaces/N` itself and its subresources are cluster-wide objects, `namespaces/N/PLURAL` is a collection in one. */
function inNamespace(catalog: ResourceCatalog, group: string, version: string, tail: readonly string[]): RequestTarget | undefined {
  const [word, namespace, plural, name, ...subresource] = tail
  if (word !== 'namespaces' || plural === undefined) return undefined
  const kind = catalog.byPlural(group, version, plural)
  return kind?.isNamespaced ? { kind, version, namespace, name, subresource: joined(subresource) } : undefined
}

function clusterWide(catalog: ResourceCatalog, group: string, version: string, tail: readonly string[]): RequestTarget | undefined {
  const [plural, name, ...subresource] = tail
  const kind = catalog.byPlural(group, version, plural as string)
  if (!kind || (kind.isNamespaced && name !== undefined)) return undefined
  return { kind, version, namespace: undefined, name, subresource: joined(subresource) }
}

function joined(parts: readonly string[]): string | undefined {
  return parts.length === 0 ? undefined : parts.join('/')
}

function decodePart(part: string): string | undefined {
  try {
    return decodeURIComponent(part)
  } catch {
    return undefined
  }
}
