/**
 * The OpenAPI documents kubectl needs before it creates or applies anything. Up to 1.28 it insists on a protobuf v2
 * document (an empty one switches its own validation off, ours is on the server); from 1.29 it reads v3, where each path
 * names its kind and says that the server validates fields, and `kubectl explain` looks up the fields.
 */
import { openApiComponents, type OpenApiComponent } from '@heddle/config-schema'
import { fieldsOf } from '../json-fields.js'
import type { ResourceCatalog } from './catalog.js'
import { apiVersionOf, type ResourceKind } from './resource-kind.js'

/** The dot form: echoing the `@` form of the request breaks Go's media type parser. */
export const openApiV2ContentType = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf'

/** openapi.v2.Document { swagger = 1: "2.0", info = 2 { title = 1, version = 2 }, paths = 8 {} }. */
export function openApiV2Document(title: string, version: string): Buffer {
  const info = Buffer.concat([field(1, Buffer.from(title)), field(2, Buffer.from(version))])
  return Buffer.concat([field(1, Buffer.from('2.0')), field(2, info), field(8, Buffer.alloc(0))])
}

/** A length-delimited protobuf field; every length here is below 128, one byte. */
function field(number: number, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes])
}

export function openApiV3Index(catalog: ResourceCatalog): object {
  const paths = new Map<string, object>()
  for (const kind of catalog.all())
    for (const version of kind.versions)
      paths.set(groupPath(kind, version), { serverRelativeURL: `/openapi/v3/${groupPath(kind, version)}` })
  return { paths: Object.fromEntries(paths) }
}

/** @param path such as `apis/apps/v1`. */
export function openApiV3Document(catalog: ResourceCatalog, path: string): object | undefined {
  const served = catalog
    .all()
    .flatMap((kind) => kind.versions.filter((version) => groupPath(kind, version) === path).map((version) => ({ kind, version })))
  if (served.length === 0) return undefined
  return {
    openapi: '3.0.0',
    info: { title: 'Heddle local platform', version: 'v1' },
    paths: Object.fromEntries(served.flatMap(({ kind, version }) => pathsOf(kind, version))),
    components: { schemas: Object.assign({}, ...served.map(({ kind, version }) => schemasOf(kind, version))) as object },
  }
}

function pathsOf(kind: ResourceKind, version: string): readonly (readonly [string, object])[] {
  const collection = `/${groupPath(kind, version)}${kind.isNamespaced ? '/namespaces/{namespace}' : ''}/${kind.plural}`
  const gvk = { group: kind.group, version, kind: kind.kind }
  const parameters = ['dryRun', 'fieldManager', 'fieldValidation'].map((name) => ({
    name,
    in: 'query',
    schema: { type: 'string', uniqueItems: true },
  }))
  const schema = { $ref: `#/components/schemas/${schemaName(kind, version)}` }
  const operation = (action: string, mediaType: string): object => ({
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': gvk,
    parameters,
    requestBody: { content: { [mediaType]: { schema } } },
    responses: { '200': { description: 'OK', content: { 'application/json': { schema } } } },
  })
  return [
    [collection, { post: operation('post', 'application/json') }],
    [`${collection}/{name}`, { put: operation('put', 'application/json'), patch: operation('patch', 'application/merge-patch+json') }],
  ]
}

/** The kind's fields as far as they are known: from config-schema, for others from their CustomResourceDefinition. */
function schemasOf(kind: ResourceKind, version: string): Readonly<Record<string, OpenApiComponent>> {
  const name = schemaName(kind, version)
  const shared = { 'x-kubernetes-group-version-kind': [{ group: kind.group, version, kind: kind.kind }] }
  const components = kind.isCustom ? undefined : openApiComponents(apiVersionOf(kind, version), kind.kind)
  const { [kind.kind]: root, ...below } = components ?? {}
  const own = root ?? { ...unknownFields, ...kind.schemas[version] }
  return { ...below, [name]: { ...own, properties: { ...typeFields, ...fieldsOf(own['properties']) }, ...shared } }
}

const typeFields = { apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: { type: 'object' } }

const unknownFields: OpenApiComponent = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }

function schemaName(kind: ResourceKind, version: string): string {
  return `${apiVersionOf(kind, version).replace('/', '.')}.${kind.kind}`
}

function groupPath(kind: ResourceKind, version: string): string {
  return kind.group === '' ? `api/${version}` : `apis/${kind.group}/${version}`
}
