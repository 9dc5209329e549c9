/** Tells when an endpoint went away: that must not wait, since every request sent to it meanwhile fails. */
import type { InformerEvent, KubernetesObject } from '@heddle/client'
import type { EndpointSlice } from '@heddle/translation'

/** @returns a function over the events of EndpointSlices: whether the event takes an address away that was ready. */
export function createEndpointRemovals(): (event: InformerEvent) => boolean {
  const ready = new Map<string, ReadonlySet<string>>()
  return (event) => {
    if (event.type === 'synced') return false
    const key = `${event.object.metadata.namespace ?? ''}/${event.object.metadata.name}`
    const before = ready.get(key) ?? new Set<string>()
    const after = event.type === 'deleted' ? new Set<string>() : readyAddresses(event.object)
    if (after.size === 0) ready.delete(key)
    else ready.set(key, after)
    return [...before].some((address) => !after.has(address))
  }
}

function readyAddresses(object: KubernetesObject): ReadonlySet<string> {
  const { endpoints } = object as unknown as EndpointSlice
  return new Set((endpoints ?? []).flatMap(({ conditions, addresses }) => (conditions?.ready === false ? [] : (addresses ?? []))))
}
