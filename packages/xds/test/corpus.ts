/** The golden resources of a real istiod, when the corpus lies next to the checkout. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import { createFileRegistry, createRegistry, create, fromJson, toBinary } from '@bufbuild/protobuf'
import type { JsonObject, Registry } from '@bufbuild/protobuf'
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import { registry } from '../src/registry.js'
import { schemaOf } from '../src/message/canonical-json.js'
import { createResource, type XdsResource } from '../src/resource.js'
import { loadUpstream } from './upstream-protos.js'

const folder = fileURLToPath(new URL('../../../../shared/corpus/istiod', import.meta.url))

export const corpusIsPresent: boolean = existsSync(folder)

export type Kind = 'listeners' | 'routes' | 'clusters' | 'endpoints'

export interface Golden {
  /** `SCENARIO/PROXY`. */
  readonly from: string
  readonly kind: Kind
  readonly json: JsonObject
  readonly resource: XdsResource
}

export function loadGoldens(kind: Kind): Golden[] {
  registryWithFilters ??= createRegistry(registry, unsupportedFilters())
  const types = registryWithFilters
  return readdirSync(folder).flatMap((scenario) =>
    readdirSync(join(folder, scenario))
      .filter((proxy) => existsSync(join(folder, scenario, proxy, `${kind}.json`)))
      .flatMap((proxy) => {
        const list = JSON.parse(readFileSync(join(folder, scenario, proxy, `${kind}.json`), 'utf8')) as JsonObject[]
        return list.map((json) => ({ from: `${scenario}/${proxy}`, kind, json, resource: toResource(json, types) }))
      }),
  )
}

let registryWithFilters: Registry | undefined

/** Filters that istiod sends and our subset lacks; their schema comes from the original protos. */
function unsupportedFilters(): Registry {
  const file = loadUpstream([
    'envoy/extensions/filters/http/rbac/v3/rbac.proto',
    'envoy/extensions/filters/network/rbac/v3/rbac.proto',
    'envoy/extensions/filters/http/jwt_authn/v3/config.proto',
  ])
  const all = createFileRegistry(create(FileDescriptorSetSchema, { file }))
  const names = ['http.rbac.v3.RBAC', 'network.rbac.v3.RBAC', 'http.jwt_authn.v3.JwtAuthentication']
  return createRegistry(...names.map((name) => all.getMessage(`envoy.extensions.filters.${name}`)!))
}

function toResource(golden: JsonObject, types: Registry): XdsResource {
  const { '@type': typeUrl, ...json } = golden as JsonObject & { readonly '@type': string; name?: string; clusterName?: string }
  const schema = schemaOf(typeUrl)
  const bytes = toBinary(schema, fromJson(schema, json, { registry: types }))
  return createResource(typeUrl, json.name ?? json.clusterName ?? '', bytes)
}
