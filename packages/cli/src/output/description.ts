/** Any object as indented words: well-known fields first, then what its kind holds, lists one item a block. Secrets show sizes only. */
import type { KubernetesObject } from '@heddle/client/resources'
import { describePod } from './pod-description.js'

const width = 17

/** The object in kubectl's layout; managed bookkeeping is left out. */
export function describeObject(object: KubernetesObject): string {
  const { metadata, apiVersion: _version, kind, ...rest } = object
  const lines = [
    row('Name', metadata.name),
    ...(metadata.namespace === undefined ? [] : [row('Namespace', metadata.namespace)]),
    row('Kind', kind),
    ...pairs('Labels', metadata.labels),
    ...pairs('Annotations', withoutBookkeeping(metadata.annotations)),
    ...(metadata.creationTimestamp === undefined ? [] : [row('Created', metadata.creationTimestamp)]),
    ...(metadata.ownerReferences ?? []).map((owner) => row('Controlled By', `${owner.kind}/${owner.name}`)),
    ...(kind === 'Pod' ? describePod(object) : describeFields(kind === 'Secret' ? withoutValues(rest) : rest)),
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

type Fields = Readonly<Record<string, unknown>>

/** What a Secret holds is named, never shown. */
function withoutValues({ data, stringData: _text, ...rest }: Fields): Fields {
  const sizes = Object.entries((data ?? {}) as Readonly<Record<string, string>>).map(([key, value]) => [
    key,
    `${Buffer.from(value, 'base64').length} bytes`,
  ])
  return { ...rest, data: Object.fromEntries(sizes) as unknown }
}

/** Fields whose keys are the user's own words, not names of fields. */
const mapFields = new Set(['annotations', 'binaryData', 'data', 'labels', 'matchLabels', 'nodeSelector', 'selector'])

function describeFields(fields: Fields): readonly string[] {
  return Object.entries(fields).flatMap(([field, value]) =>
    isPlain(value) ? [row(titleOf(field), String(value))] : [`${titleOf(field)}:`, ...describeValue(value, 2, mapFields.has(field))],
  )
}

function describeValue(value: unknown, indent: number, isMap: boolean): readonly string[] {
  const pad = ' '.repeat(indent)
  if (Array.isArray(value)) {
    if (value.length === 0) return [`${pad}<none>`]
    return value.flatMap((item) =>
      isPlain(item) ? textLines(`${pad}- `, item, indent) : prefixFirst(describeValue(item, indent + 2, false), indent),
    )
  }
  const entries = Object.entries(value as Fields)
  if (entries.length === 0) return [`${pad}<none>`]
  return entries.flatMap(([field, inner]) => {
    const title = `${isMap ? field : titleOf(field)}:`
    return isPlain(inner)
      ? textLines(`${pad}${title.padEnd(Math.max(1, width - indent - 1))} `, inner, indent)
      : [`${pad}${title}`, ...describeValue(inner, indent + 2, mapFields.has(field))]
  })
}

/** A text of several lines stands below its name. */
function textLines(start: string, value: unknown, indent: number): readonly string[] {
  const lines = String(value).trimEnd().split('\n')
  return lines.length === 1 ? [`${start}${lines[0]}`] : [start.trimEnd(), ...lines.map((line) => `${' '.repeat(indent + 2)}${line}`)]
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
