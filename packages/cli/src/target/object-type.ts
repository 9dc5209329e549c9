/** From an object to the kind the API serves it as. */
import { HeddleError } from '@heddle/base'
import type { KubernetesObject } from '@heddle/client/resources'
import type { ServedResource } from './discovery.js'

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
