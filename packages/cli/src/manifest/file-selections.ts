/** The objects that manifests name, as a selection: `get -f FILE` shows what became of them. */
import type { Invocation } from '../command/command.js'
import type { ServedResource } from '../target/discovery.js'
import { inNamespace, resourceOf } from '../target/object-type.js'
import type { Selection } from '../target/selection.js'
import type { Target } from '../target/target.js'
import { readManifests, requireValid } from './manifest.js'

export async function selectionsOfFiles(
  invocation: Invocation,
  target: Target,
  served: readonly ServedResource[],
): Promise<readonly Selection[]> {
  const objects = requireValid(invocation, await readManifests(invocation, { target: 'istio' }), { outcome: 'shown' })
  // Objects of one kind share its entry, whatever versions they are written in, and so stand in one table.
  const kinds = new Map<string, ServedResource>()
  return objects.map((object) => {
    const found = resourceOf(served, object)
    const key = `${found.type.group}/${found.kind}`
    const resource = kinds.get(key) ?? found
    kinds.set(key, resource)
    const { name, namespace } = inNamespace(object, resource, target.namespace, invocation.flags.string('namespace')).metadata
    return { resource, name, ...(resource.namespaced && namespace !== undefined && { namespace }) }
  })
}
