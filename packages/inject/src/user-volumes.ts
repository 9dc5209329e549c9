/** sidecar.istio.io/userVolume and userVolumeMount: JSON maps from volume name to a volume source or a mount, given to the proxy. */
import { annotation } from './annotations.js'
import type { ObjectIssue } from './issue.js'
import { describeType, isJsonObject, type JsonObject, type JsonPath } from './json.js'
import type { NamedItem, Pod } from './pod-spec.js'

export interface UserVolumes {
  readonly volumes: readonly NamedItem[]
  readonly mounts: readonly JsonObject[]
}

export type UserVolumesResult = { readonly ok: true; readonly value: UserVolumes } | { readonly ok: false; readonly issue: ObjectIssue }

/** @param path where the Pod's annotations are in the object, for the issue. */
export function readUserVolumes(pod: Pod, path: JsonPath): UserVolumesResult {
  const volumes = readMap(pod, annotation.userVolume, path)
  if (!Array.isArray(volumes)) return { ok: false, issue: volumes }
  const mounts = readMap(pod, annotation.userVolumeMount, path)
  if (!Array.isArray(mounts)) return { ok: false, issue: mounts }
  return { ok: true, value: { volumes, mounts } }
}

function readMap(pod: Pod, name: string, path: JsonPath): NamedItem[] | ObjectIssue {
  const text = pod.metadata.annotations?.[name]
  if (text === undefined || text.trim() === '') return []
  const at = [...path, name]
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return { path: at, message: `is not JSON: ${error instanceof Error ? error.message : String(error)}` }
  }
  if (!isJsonObject(value)) return { path: at, message: `expected a JSON map, found ${describeType(value)}` }
  const items: NamedItem[] = []
  for (const [volume, source] of Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    if (!isJsonObject(source)) return { path: at, message: `${volume}: expected a map, found ${describeType(source)}` }
    items.push({ ...source, name: volume })
  }
  return items
}
