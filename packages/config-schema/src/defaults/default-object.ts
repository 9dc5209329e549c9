/** Fills absent fields of a Kubernetes object as an API server does when it stores it. Istio's kinds have no stored defaults. */
import { kindInfo } from '../kinds/kind-info.js'
import { kubernetesKindType } from '../kubernetes/kubernetes-types.js'
import type { FieldType, ObjectType } from '../model/field-type.js'
import type { KubernetesObject } from '../resource.js'
import { isObject } from '../validate/check-value.js'
import { derivedDefaults, fixedDefaults } from './kubernetes-defaults.js'

/** @returns a copy with its defaults; the very same object for kinds without defaults. Null fields are dropped. */
export function defaultObject<T extends KubernetesObject>(resource: T): T {
  const type = kubernetesKindType(resource.apiVersion, resource.kind)
  if (type === undefined || kindInfo(resource.apiVersion, resource.kind) === undefined) return resource
  const filled = fill(type, resource) as T
  if (resource.kind === 'Namespace') return withNameLabel(filled)
  return resource.kind === 'Secret' ? withEncodedData(filled as Record<string, unknown> & T) : filled
}

function fill(type: FieldType, value: unknown): unknown {
  if (type.kind === 'list' && Array.isArray(value)) return value.map((item) => fill(type.items, item))
  if (type.kind === 'map' && isObject(value))
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, fill(type.values, entry)]))
  return type.kind === 'object' && isObject(value) ? fillObject(type, value) : value
}

function fillObject(type: ObjectType, value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const result: Record<string, unknown> = {}
  for (const [key, entry] of Object.entries(value)) if (entry !== null && entry !== undefined) result[key] = entry
  const absent = { ...schemaDefaults(type), ...fixedDefaults[type.name] }
  for (const [key, entry] of Object.entries(absent)) result[key] ??= entry
  for (const [key, entry] of Object.entries(derivedDefaults[type.name]?.(result) ?? {})) if (entry !== undefined) result[key] ??= entry
  for (const [key, entry] of Object.entries(result)) {
    const field = type.fields.get(key)
    if (field) result[key] = fill(field.type, entry)
  }
  return result
}

const schemaDefaultsByType = new Map<ObjectType, Readonly<Record<string, unknown>>>()

function schemaDefaults(type: ObjectType): Readonly<Record<string, unknown>> {
  const known = schemaDefaultsByType.get(type)
  if (known) return known
  const defaults: Record<string, unknown> = {}
  for (const [key, field] of type.fields) if (field.default !== undefined) defaults[key] = field.default
  schemaDefaultsByType.set(type, defaults)
  return defaults
}

function withNameLabel<T extends KubernetesObject>(namespace: T): T {
  const labels = { ...namespace.metadata.labels, 'kubernetes.io/metadata.name': namespace.metadata.name ?? '' }
  return { ...namespace, metadata: { ...namespace.metadata, labels } }
}

/** `stringData` is a way to write only: the server stores it as base64 in `data`. */
function withEncodedData<T extends Record<string, unknown>>(secret: T): T {
  const { stringData, ...rest } = secret
  if (!isObject(stringData)) return secret
  const encoded = Object.entries(stringData).map(([key, text]) => [key, encodeBase64(String(text as string))])
  return { ...rest, data: { ...(rest['data'] as object | undefined), ...Object.fromEntries(encoded) } } as unknown as T
}

function encodeBase64(text: string): string {
  return btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join(''))
}
