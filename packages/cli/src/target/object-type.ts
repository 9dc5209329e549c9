/** From an object of a manifest to where it lies in the API: the kind it is served as, and its namespace. */
import { HeddleError } from '@heddle/base'
import type { KubernetesObject } from '@heddle/client/resources'
import { usageError } from '../command/parse.js'
import { objectName, type ServedResource } from './discovery.js'

/** @throws HEDDLE_CLI_KIND_NOT_SERVED */
export function resourceOf(served: readonly ServedResource[], object: Pick<KubernetesObject, 'apiVersion' | 'kind'>): ServedResource {
  const slash = object.apiVersion.indexOf('/')
  const group = slash < 0 ? '' : object.apiVersion.slice(0, slash)
  const version = object.apiVersion.slice(slash + 1)
  const found = served.find((resource) => resource.kind === object.kind && resource.type.group === group)
  if (found) return { ...found, type: { ...found.type, version } }
  throw new HeddleError({
    code: 'HEDDLE_CLI_KIND_NOT_SERVED',
    message: `no matches for kind "${object.kind}" in version "${object.apiVersion}"`,
    origin: 'user',
    hint: 'Its CustomResourceDefinition may be missing ("heddle install" creates those of Istio), or the kind is not supported yet.',
  })
}

/**
 * The object in its own namespace, else in the command's.
 * @param said what `-n` said.
 * @throws HEDDLE_CLI_USAGE when `-n` contradicts the object.
 */
export function inNamespace(
  object: KubernetesObject,
  resource: ServedResource,
  namespace: string,
  said: string | undefined,
): KubernetesObject {
  if (!resource.namespaced) return object
  const own = object.metadata.namespace
  if (own === undefined) return { ...object, metadata: { ...object.metadata, namespace } }
  if (said === undefined || said === own) return object
  throw usageError(
    `${objectName(resource, object.metadata.name)} is of namespace "${own}", not "${said}"`,
    'Leave out -n, or change the manifest.',
  )
}
