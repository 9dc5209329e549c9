/** Any object as indented words: well-known fields first, then what its kind holds, lists one item a block. */
import type { KubernetesObject } from '@heddle/client/resources'

const width = 15

/** Spec and status in kubectl's layout; managed bookkeeping is left out. */
export function describeBody(object: KubernetesObject): string {
  const { metadata, apiVersion: _version, kind, ...rest } = object
  const lines = [
    row('Name', metadata.name),
    ...(metadata.namespace === undefined ? [] : [row('Namespace', metadata.namespace)]),
    row('Kind', kind),
    ...pairs('Labels', metadata.labels),
    ...pairs('Annotations', withoutBookkeeping(metadata.annotations)),
    ...(metadata.creationTimestamp === undefined ? [] : [row('Created', metadata.creationTimestamp)]),
    ...(metadata.ownerReferences ?? []).map((owner) => row('Controlled By', `${owner.kind}/${owner.name}`)),
    ...Object.entries(rest).flatMap(([field, value]) => [`${titleOf(field)}:`, ...describeValue(value, 2)]),
  ]
  return `${lines.join('\n')}\n`
}

function row(title: string, value: string): string {
  return `${`${title}:`.padEnd(width)}${value}`
}

function pairs(title: string, values: Readonly<Record<string, string>> | undefined): readonly string[] {
  const entries = Object.entries(values ?? {})
  if (entries.length === 0) return [row(title, '<none>')]
  return entries.map(([key, value], index) => `${(index === 0 ? `${title}:` : '').padEnd(width)}${key}=${value}`)
}

function withoutBookkeeping(annotations: Readonly<Record<string, string>> | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(annotations ?? {}).filter(([name]) => name !== 'kubectl.kubernetes.io/last-applied-configuration'),
  )
}

function describeValue(value: unknown, indent: number): readonly string[] {
  const pad = ' '.repeat(indent)
  if (Array.isArray(value))
    return value.flatMap((item) => (isPlain(item) ? [`${pad}- ${String(item)}`] : prefixFirst(describeValue(item, indent + 2), indent)))
  if (typeof value !== 'object' || value === null) return [`${pad}${String(value)}`]
  return Object.entries(value).flatMap(([field, inner]) =>
    isPlain(inner)
      ? [`${pad}${`${titleOf(field)}:`.padEnd(Math.max(1, width - indent))} ${String(inner)}`]
      : [`${pad}${titleOf(field)}:`, ...describeValue(inner, indent + 2)],
  )
}

function prefixFirst(lines: readonly string[], indent: number): readonly string[] {
  return lines.map((line, index) => (index === 0 ? `${' '.repeat(indent)}- ${line.slice(indent + 2)}` : line))
}

function isPlain(value: unknown): boolean {
  return typeof value !== 'object' || value === null
}

/** `readyReplicas` as `Ready Replicas`; keys that are no field names stay. */
function titleOf(field: string): string {
  if (!/^[a-z][A-Za-z0-9]*$/.test(field)) return field
  return (field[0] as string).toUpperCase() + field.slice(1).replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
}
