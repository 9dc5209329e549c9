/** Everything that a real istiod sent decodes, and encodes to the same again. */
import type { JsonObject, JsonValue } from '@bufbuild/protobuf'
import { describe, expect, it } from 'vitest'
import { toJson } from '../src/message/canonical-json.js'
import { decodeCluster, decodeEndpoints, decodeListener, decodeRouteConfiguration, type Decoded } from '../src/decode.js'
import { encodeCluster, encodeEndpoints, encodeListener, encodeRouteConfiguration } from '../src/encode.js'
import type { XdsResource } from '../src/resource.js'
import { corpusIsPresent, loadGoldens, type Kind } from './corpus.js'

if (!corpusIsPresent) console.warn('skipped: ../shared/corpus is not next to this checkout')

const codecs: { readonly [K in Kind]: (resource: XdsResource) => { decoded: Decoded<unknown>; again: XdsResource } } = {
  listeners: (resource) => again(decodeListener(resource), (value) => encodeListener(value)),
  routes: (resource) => again(decodeRouteConfiguration(resource), encodeRouteConfiguration),
  clusters: (resource) => again(decodeCluster(resource), (value) => encodeCluster(value)),
  endpoints: (resource) => again(decodeEndpoints(resource), encodeEndpoints),
}

function again<T>(decoded: Decoded<T>, encode: (value: T) => XdsResource): { decoded: Decoded<unknown>; again: XdsResource } {
  expect(decoded.errors).toEqual([])
  return { decoded, again: encode(decoded.value!) }
}

/** Filters of AuthorizationPolicy and RequestAuthentication. */
const unsupportedFilters = [
  'HTTP filter "envoy.filters.http.jwt_authn" (envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication) is not supported',
  'HTTP filter "envoy.filters.http.rbac" (envoy.extensions.filters.http.rbac.v3.RBAC) is not supported',
  'network filter "envoy.filters.network.rbac" (envoy.extensions.filters.network.rbac.v3.RBAC) is not supported',
]

describe.skipIf(!corpusIsPresent)('resources of a real istiod', () => {
  for (const kind of ['listeners', 'routes', 'clusters', 'endpoints'] as const) {
    it(`${kind} decode and encode to the same bytes and canonical JSON, but for the filters that are named as unsupported`, () => {
      const unsupported = new Set<string>()
      const goldens = loadGoldens(kind)
      expect(goldens.length).toBeGreaterThan(0)
      for (const { from, json, resource } of goldens) {
        const { decoded, again } = codecs[kind](resource)
        for (const { message, level } of decoded.unsupported) {
          unsupported.add(message)
          expect(level).toBe('error')
        }
        expect(toJson(again), `${from} ${resource.name}`).toEqual(withoutUnsupported(json))
        if (decoded.unsupported.length === 0) expect(again.version, `${from} ${resource.name}`).toEqual(resource.version)
      }
      expect([...unsupported].toSorted()).toEqual(kind === 'listeners' ? unsupportedFilters : [])
    })
  }
})

function withoutUnsupported(value: JsonValue): JsonValue {
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.filter((item) => !isUnsupported(item)).map(withoutUnsupported)
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, withoutUnsupported(field)]))
}

function isUnsupported(item: JsonValue): boolean {
  const config = (item as JsonObject | null)?.['typedConfig'] as JsonObject | undefined
  return /\.(RBAC|JwtAuthentication)"$/.test(JSON.stringify(config?.['@type'] ?? ''))
}
