/** What each kind of volume holds, as files; missing required objects are told apart from empty ones. */
import type { KubernetesObject } from '@heddle/client'
import { objectData } from './container-environment.js'
import { fieldValue, type PodPlace } from './field-reference.js'
import type {
  ConfigMapSource,
  DownwardItem,
  KeyToPath,
  Pod,
  ProjectedSource,
  SecretSource,
  ServiceAccountTokenSource,
  Volume,
} from './pod.js'
import { resourceValue } from './quantity.js'

export interface VolumeContent {
  readonly files: Readonly<Record<string, Buffer>>
  readonly tokens: readonly ServiceAccountTokenSource[]
}

export interface VolumeSources {
  readonly pod: Pod
  readonly place: PodPlace
  configMap(name: string): KubernetesObject | undefined
  secret(name: string): KubernetesObject | undefined
}

export type VolumeResult = { readonly ok: true; readonly content: VolumeContent } | { readonly ok: false; readonly reason: string }

const supported = new Set(['emptyDir', 'configMap', 'secret', 'downwardAPI', 'projected'])

/** The kind of a volume that the local platform does not provide, such as `hostPath`; undefined for one that it does. */
export function unsupportedKind(volume: Volume): string | undefined {
  return Object.keys(volume).find((key) => key !== 'name' && !supported.has(key) && volume[key] !== undefined && volume[key] !== null)
}

/** Whether the platform alone writes the volume, unlike a folder that is the program's own. */
export function isFilled({ configMap, secret, downwardAPI, projected }: Volume): boolean {
  return (configMap ?? secret ?? downwardAPI ?? projected) !== undefined
}

export function volumeContent(volume: Volume, sources: VolumeSources): VolumeResult {
  const parts: ProjectedSource[] = [...(volume.projected?.sources ?? [])]
  if (volume.configMap) parts.push({ configMap: volume.configMap })
  if (volume.secret) parts.push({ secret: volume.secret })
  if (volume.downwardAPI) parts.push({ downwardAPI: volume.downwardAPI })
  const files: Record<string, Buffer> = {}
  const tokens: ServiceAccountTokenSource[] = []
  for (const part of parts) {
    if (part.serviceAccountToken) tokens.push(part.serviceAccountToken)
    const result = partFiles(part, sources)
    if (typeof result === 'string') return { ok: false, reason: `MountVolume.SetUp failed for volume "${volume.name}" : ${result}` }
    Object.assign(files, result)
  }
  return { ok: true, content: { files, tokens } }
}

function partFiles(part: ProjectedSource, sources: VolumeSources): Readonly<Record<string, Buffer>> | string {
  if (part.configMap) return objectFiles('configmap', part.configMap.name, part.configMap, sources.configMap(part.configMap.name ?? ''))
  if (part.secret) {
    const name = part.secret.secretName ?? part.secret.name
    return objectFiles('secret', name, part.secret, sources.secret(name ?? ''))
  }
  return part.downwardAPI ? downwardFiles(part.downwardAPI.items ?? [], sources) : {}
}

function objectFiles(
  kind: string,
  name: string | undefined,
  source: ConfigMapSource | SecretSource,
  object: KubernetesObject | undefined,
): Readonly<Record<string, Buffer>> | string {
  if (!object) return source.optional ? {} : `${kind} "${name ?? ''}" not found`
  const data = objectData(object)
  if (!source.items) return data
  const absent = source.items.find((item) => data[item.key] === undefined)
  if (absent && !source.optional) return `references non-existent ${kind} key: ${absent.key}`
  const present = source.items.filter((item): item is KeyToPath => data[item.key] !== undefined)
  return Object.fromEntries(present.map((item) => [item.path, data[item.key] as Buffer]))
}

function downwardFiles(items: readonly DownwardItem[], { pod, place }: VolumeSources): Readonly<Record<string, Buffer>> {
  const value = (item: DownwardItem): string => {
    if (item.fieldRef) return fieldValue(pod, place, item.fieldRef.fieldPath) ?? ''
    const owner = pod.spec.containers.find((container) => container.name === item.resourceFieldRef?.containerName)
    return owner && item.resourceFieldRef ? resourceValue(owner, item.resourceFieldRef) : ''
  }
  return Object.fromEntries(items.map((item) => [item.path, Buffer.from(value(item))]))
}
