/** The kinds an API serves, asked of the API itself, so that short names and custom resources work on any cluster. */
import { setMaxListeners } from 'node:events'
import { HeddleError, nearest } from '@heddle/base'
import type { ResourceClient, ResourceType } from '@heddle/client/resources'
import { requestJson } from './response.js'

export interface ServedResource {
  readonly type: ResourceType
  readonly kind: string
  readonly singular: string
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
  readonly namespaced: boolean
}

interface ApiResourceList {
  readonly groupVersion: string
  readonly resources: readonly {
    readonly name: string
    readonly singularName?: string
    readonly namespaced: boolean
    readonly kind: string
    readonly shortNames?: readonly string[]
    readonly categories?: readonly string[]
  }[]
}

interface ApiGroupList {
  readonly groups: readonly { readonly preferredVersion: { readonly groupVersion: string } }[]
}

/** Every kind in its preferred version, core first. */
export async function discoverResources(client: ResourceClient, signal?: AbortSignal): Promise<readonly ServedResource[]> {
  const until = signal === undefined ? {} : { signal: forManyListeners(signal) }
  const groups = await requestJson<ApiGroupList>(client, { path: '/apis', ...until })
  const paths = ['/api/v1', ...groups.groups.map((group) => `/apis/${group.preferredVersion.groupVersion}`)]
  const lists = await Promise.all(paths.map((path) => requestJson<ApiResourceList>(client, { path, ...until })))
  return lists.flatMap(servedBy)
}

/** There are more groups than Node lets listen to one signal without a warning. */
function forManyListeners(signal: AbortSignal): AbortSignal {
  const own = AbortSignal.any([signal])
  setMaxListeners(0, own)
  return own
}

function servedBy(list: ApiResourceList): readonly ServedResource[] {
  const slash = list.groupVersion.indexOf('/')
  const group = slash < 0 ? '' : list.groupVersion.slice(0, slash)
  const version = list.groupVersion.slice(slash + 1)
  return list.resources
    .filter((resource) => !resource.name.includes('/'))
    .map((resource) => ({
      type: { group, version, plural: resource.name },
      kind: resource.kind,
      singular: resource.singularName === undefined || resource.singularName === '' ? resource.kind.toLowerCase() : resource.singularName,
      shortNames: resource.shortNames ?? [],
      categories: resource.categories ?? [],
      namespaced: resource.namespaced,
    }))
}

/**
 * The kinds that a word such as `po`, `pods`, `deployment.apps`, `VirtualService` or `all` names.
 * @throws HEDDLE_CLI_NO_RESOURCE_TYPE with the likely meaning.
 */
export function resolveResources(served: readonly ServedResource[], word: string): readonly ServedResource[] {
  const name = word.toLowerCase()
  const named = served.filter((resource) => namesOf(resource).includes(name))
  if (named.length > 0) return named.slice(0, 1)
  const category = served.filter((resource) => resource.categories.includes(name))
  if (category.length > 0) return category
  const meant = nearest(
    name,
    served.flatMap((resource) => [resource.type.plural, resource.singular, ...resource.shortNames]),
  )
  throw new HeddleError({
    code: 'HEDDLE_CLI_NO_RESOURCE_TYPE',
    message: `the server doesn't have a resource type "${word}"${meant === undefined ? '' : `; did you mean "${meant}"?`}`,
    origin: 'user',
  })
}

/** `pod/web` or `deployment.apps/web`: how kubectl names an object. */
export function objectName(resource: Pick<ServedResource, 'type' | 'singular'>, name: string): string {
  return `${resource.singular}${resource.type.group === '' ? '' : `.${resource.type.group}`}/${name}`
}

function namesOf({ type, singular, kind, shortNames }: ServedResource): readonly string[] {
  const plain = [type.plural, singular, kind.toLowerCase(), ...shortNames]
  return type.group === '' ? plain : [...plain, ...plain.map((name) => `${name}.${type.group}`)]
}
