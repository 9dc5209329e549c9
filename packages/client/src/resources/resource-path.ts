/** Paths of the Kubernetes API: `/api/v1/...` for the core group, `/apis/GROUP/VERSION/...` for the others. */
import { statusError } from './api-error.js'
import type { ListOptions, ResourceType } from './resource-client.js'

export interface ObjectPath {
  readonly namespace?: string | undefined
  readonly name?: string | undefined
  readonly subresource?: string | undefined
}

/** @throws HEDDLE_API_STATUS for an empty name: its path would be that of all objects, and a DELETE would take them all. */
export function resourcePath(type: ResourceType, { namespace, name, subresource }: ObjectPath = {}): string {
  if (name === '')
    throw statusError({
      code: 400,
      reason: 'BadRequest',
      message: 'resource name may not be empty',
      kind: 'Status',
      apiVersion: 'v1',
      status: 'Failure',
    })
  const root = type.group === '' ? `/api/${type.version}` : `/apis/${type.group}/${type.version}`
  const scope = namespace === undefined || namespace === '' ? '' : `/namespaces/${encodeURIComponent(namespace)}`
  const object = name === undefined ? '' : `/${encodeURIComponent(name)}`
  const sub = subresource === undefined ? '' : `/${subresource}`
  return `${root}${scope}/${type.plural}${object}${sub}`
}

/** Query of a list or watch: selectors first, then `extra` as given. */
export function listQuery(options: ListOptions, extra: Readonly<Record<string, string>> = {}): string {
  const query = new URLSearchParams()
  if (options.labelSelector) query.set('labelSelector', options.labelSelector)
  if (options.fieldSelector) query.set('fieldSelector', options.fieldSelector)
  for (const [key, value] of Object.entries(extra)) query.set(key, value)
  const text = query.toString()
  return text === '' ? '' : `?${text}`
}
