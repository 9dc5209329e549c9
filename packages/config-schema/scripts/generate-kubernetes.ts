/**
 * Turns the schemas of a Kubernetes API server (OpenAPI v3 component schemas) into the compact tables `src/gen/kubernetes.ts` and `src/gen/kubernetes-metadata.ts`.
 * Usage: node --conditions=@heddle/source --import tsx packages/config-schema/scripts/generate-kubernetes.ts [SCHEMAS.json]
 */
import { readFile, writeFile } from 'node:fs/promises'

interface Schema {
  readonly type?: string
  readonly format?: string
  readonly $ref?: string
  readonly allOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly enum?: readonly string[]
  readonly default?: unknown
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly additionalProperties?: Schema
  readonly [extension: `x-kubernetes-${string}`]: unknown
}

const scalars: Readonly<Record<string, string>> = {
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': 'intOrString',
  'io.k8s.apimachinery.pkg.api.resource.Quantity': 'quantity',
  'io.k8s.apimachinery.pkg.apis.meta.v1.Time': 'time',
  'io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime': 'time',
  'io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1': 'any',
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON': 'any',
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrArray': 'any',
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool': 'any',
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrStringArray': 'any',
}

function compactTable(schemas: Readonly<Record<string, Schema>>): { types: Record<string, string>; kinds: Record<string, string> } {
  const names = shortNames(Object.keys(schemas))
  const types: Record<string, string> = {}
  const kinds: Record<string, string> = {}
  for (const [id, schema] of Object.entries(schemas)) {
    const name = names.get(id) as string
    if (scalars[id] !== undefined) continue
    const required = new Set(schema.required)
    types[name] = Object.entries(schema.properties ?? {})
      .map(([key, value]) => `${key}${required.has(key) ? '!' : ''} ${typeText(value, names)}`)
      .join('; ')
    const gvk = schema['x-kubernetes-group-version-kind'] as { group: string; version: string; kind: string }[] | undefined
    for (const { group, version, kind } of gvk ?? []) {
      if (schema.properties?.['metadata'] !== undefined) kinds[`${group === '' ? '' : `${group}/`}${version} ${kind}`] = name
    }
  }
  return { types, kinds }
}

/** Grammar of a field: `[]` list (with its keys), `{}` map, `#` object type, else a scalar; `<a|b>` values, `=` default. */
function typeText(schema: Schema, names: ReadonlyMap<string, string>): string {
  const reference = schema.$ref ?? schema.allOf?.[0]?.$ref
  if (reference !== undefined) {
    const id = reference.slice('#/components/schemas/'.length)
    return scalars[id] ?? `#${names.get(id) as string}`
  }
  if (schema.type === 'array') return `[${listKeys(schema)}]${typeText(schema.items ?? {}, names)}`
  if (schema.type === 'object')
    return schema.additionalProperties === undefined ? 'any' : `{}${typeText(schema.additionalProperties, names)}`
  return `${scalarText(schema)}${schema.enum === undefined ? '' : `<${schema.enum.join('|')}>`}${defaultText(schema.default)}`
}

function listKeys(schema: Schema): string {
  const mapKeys = (schema['x-kubernetes-list-map-keys'] as string[] | undefined)?.join(',') ?? ''
  const mergeKey = (schema['x-kubernetes-patch-merge-key'] as string | undefined) ?? ''
  return mapKeys === '' && mergeKey === '' ? '' : `${mergeKey}|${mapKeys}`
}

function scalarText(schema: Schema): string {
  if (schema.type === 'integer') return schema.format === 'int64' ? 'int64' : 'int32'
  if (schema.format === 'byte') return 'bytes'
  return schema.type ?? 'any'
}

/** Go's zero values of required fields are no defaults a person would see. */
function defaultText(value: unknown): string {
  return value === undefined || value === '' || value === 0 || value === false || typeof value === 'object'
    ? ''
    : `=${String(value as string | number)}`
}

/** `Pod` for `io.k8s.api.core.v1.Pod`; a name that two groups share gets the group in front of all but the first. */
function shortNames(ids: readonly string[]): ReadonlyMap<string, string> {
  const taken = new Set<string>()
  const names = new Map<string, string>()
  for (const id of ids) {
    const parts = id.split('.')
    const last = parts.at(-1) as string
    const group = parts.at(-3) as string
    const name = taken.has(last) ? `${group[0]?.toUpperCase()}${group.slice(1)}${last}` : last
    taken.add(name)
    names.set(id, name)
  }
  return names
}

/** Metadata is what custom kinds share with Kubernetes' own; it stands apart so that they need not load the rest. */
const metadataTypes = new Set(['ObjectMeta', 'OwnerReference', 'ManagedFieldsEntry'])

function rowsOf(entries: readonly (readonly [string, string])[]): string {
  return entries.map(([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)},`).join('\n')
}

function header(from: string): string {
  return `/** Generated by scripts/generate-kubernetes.ts from the schemas of ${from.split(',')[0]}; do not edit. */`
}

function tableSource(from: string, table: ReturnType<typeof compactTable>): string {
  return `${header(from)}
export const kubernetesTypes: Readonly<Record<string, string>> = {
${rowsOf(Object.entries(table.types).filter(([name]) => !metadataTypes.has(name)))}
}

/** \`GROUP/VERSION KIND\` -> its type. */
export const kubernetesKinds: Readonly<Record<string, string>> = {
${rowsOf(Object.entries(table.kinds))}
}
`
}

function metadataSource(from: string, table: ReturnType<typeof compactTable>): string {
  return `${header(from)}
export const metadataTypes: Readonly<Record<string, string>> = {
${rowsOf(Object.entries(table.types).filter(([name]) => metadataTypes.has(name)))}
}
`
}

export interface KubernetesSources {
  readonly types: string
  readonly metadata: string
}

export async function generateKubernetes(file: string): Promise<KubernetesSources> {
  const { from, schemas } = JSON.parse(await readFile(file, 'utf8')) as { from: string; schemas: Record<string, Schema> }
  const table = compactTable(schemas)
  return { types: tableSource(from, table), metadata: metadataSource(from, table) }
}

if (process.argv[1] === import.meta.filename) {
  const root = new URL('../../../', import.meta.url)
  const file = process.argv[2] ?? new URL('../shared/corpus/kubernetes/schemas.json', root).pathname
  const { types, metadata } = await generateKubernetes(file)
  await writeFile(new URL('../src/gen/kubernetes.ts', import.meta.url), types)
  await writeFile(new URL('../src/gen/kubernetes-metadata.ts', import.meta.url), metadata)
}
