/** Values that no schema refuses, and that the proxy could not use: addresses of modules, header values, paths. */
import { describe, expect, it } from 'vitest'
import { parseDocuments } from '../../src/yaml/parse-documents.js'
import { validate } from '../../src/validate/validate.js'

function faultsOf(apiVersion: string, kind: string, spec: string): readonly string[] {
  const { documents } = parseDocuments(`{apiVersion: ${apiVersion}, kind: ${kind}, metadata: {name: a, namespace: ns}, spec: ${spec}}`)
  return documents.flatMap((document) => validate(document).diagnostics).map(({ path, ruleId }) => `${path} ${ruleId}`)
}

describe('the address of a WasmPlugin', () => {
  const faultsOfUrl = (url: string) => faultsOf('extensions.istio.io/v1alpha1', 'WasmPlugin', `{url: ${JSON.stringify(url)}}`)

  it.each(['filter', 'registry.example/filters/auth:1.2', 'registry.example:5000/a@sha256:0f', 'oci://r.example/a', 'file:///opt/a.wasm'])(
    'may be %s',
    (url) => expect(faultsOfUrl(url)).toEqual([]),
  )

  it.each(['?!', 'a/%zz', 'a b', 'gopher://a/b'])('cannot be %s', (url) => expect(faultsOfUrl(url)).toEqual(['spec.url wasm/url']))
})

describe('filters of an HTTPRoute', () => {
  const faultsOfFilter = (filter: string) =>
    faultsOf('gateway.networking.k8s.io/v1', 'HTTPRoute', `{rules: [{filters: [{${filter}}], backendRefs: [{name: a, port: 80}]}]}`)
  const below = 'spec.rules[0].filters[0]'
  const authorize = (path: string) =>
    faultsOfFilter(`type: ExternalAuth, externalAuth: {protocol: HTTP, backendRef: {name: b, port: 81}, http: {path: "${path}"}}`)

  it('set no header to two lines', () => {
    const faults = faultsOfFilter(String.raw`type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: x-a, value: "one\ntwo"}]}`)
    expect(faults).toEqual([`${below}.requestHeaderModifier.set[0].value bad-header-value`])
  })

  it('ask for authorization at a path of a URL', () => {
    expect(authorize('/check/v1')).toEqual([])
    expect(authorize('/{check}')).toEqual([`${below}.externalAuth.http.path route/path`])
  })
})
