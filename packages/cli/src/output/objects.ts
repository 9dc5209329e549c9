/** Objects as kubectl prints them with `-o yaml`, `-o json` and `-o name`; several of them in a v1 List. */
import type { KubernetesObject } from '@heddle/client/resources'
import { objectName } from '../target/discovery.js'
import type { Selection } from '../target/selection.js'

export const objectFormats = ['yaml', 'json', 'name'] as const
export type ObjectFormat = (typeof objectFormats)[number]

export async function renderObjects(
  objects: readonly { readonly selection: Selection; readonly object: KubernetesObject }[],
  format: ObjectFormat,
  single: boolean,
): Promise<string> {
  if (format === 'name') return objects.map(({ selection, object }) => `${objectName(selection.resource, object.metadata.name)}\n`).join('')
  const answer = single ? objects[0]?.object : listOf(objects.map(({ object }) => object))
  if (format === 'json') return `${JSON.stringify(answer, null, 4)}\n`
  // The schemas come with it, and the other formats should not wait for them.
  const { formatYaml } = await import('@heddle/config-schema')
  return formatYaml(answer as KubernetesObject)
}

/** Objects of any kinds as kubectl puts them together. */
export function listOf(items: readonly KubernetesObject[]): object {
  return { apiVersion: 'v1', items, kind: 'List', metadata: { resourceVersion: '' } }
}
