/** What the downward API can tell a container about its Pod (`fieldRef`), for environment variables and volumes alike. */
import type { Pod } from './pod.js'

export interface PodPlace {
  readonly podIp: string
  readonly nodeName: string
  readonly hostIp: string
}

const mapEntry = /^metadata\.(labels|annotations)\['([^']+)'\]$/

type FieldReader = (pod: Pod, place: PodPlace) => string

const fields: ReadonlyMap<string, FieldReader> = new Map<string, FieldReader>([
  ['metadata.name', (pod) => pod.metadata.name],
  ['metadata.namespace', (pod) => pod.metadata.namespace ?? 'default'],
  ['metadata.uid', (pod) => pod.metadata.uid ?? ''],
  ['metadata.labels', (pod) => formatMap(pod.metadata.labels)],
  ['metadata.annotations', (pod) => formatMap(pod.metadata.annotations)],
  ['spec.nodeName', (_, place) => place.nodeName],
  ['spec.serviceAccountName', (pod) => pod.spec.serviceAccountName ?? 'default'],
  ['status.hostIP', (_, place) => place.hostIp],
  ['status.hostIPs', (_, place) => place.hostIp],
  ['status.podIP', (_, place) => place.podIp],
  ['status.podIPs', (_, place) => place.podIp],
])

/** The field as text; undefined for a path that the downward API does not have. */
export function fieldValue(pod: Pod, place: PodPlace, path: string): string | undefined {
  const entry = mapEntry.exec(path)
  if (entry) return pod.metadata[entry[1] as 'labels' | 'annotations']?.[entry[2] as string] ?? ''
  return fields.get(path)?.(pod, place)
}

/** One `key="value"` a line, sorted, with the value quoted as Go's `%q` does. */
function formatMap(map: Readonly<Record<string, string>> = {}): string {
  return Object.keys(map)
    .toSorted()
    .map((key) => `${key}=${JSON.stringify(map[key])}`)
    .join('\n')
}
