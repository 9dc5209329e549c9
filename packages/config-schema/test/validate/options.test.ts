import { describe, expect, it } from 'vitest'
import { loadRegexCompiler } from '../../src/regex-compiler.js'
import { validateObject } from '../../src/validate/validate.js'

const virtualService = (spec: object) => ({ apiVersion: 'networking.istio.io/v1', kind: 'VirtualService', metadata: { name: 'a' }, spec })
const route = [{ destination: { host: 'a' } }]

describe('unknownFields: prune', () => {
  it('leaves unknown fields out, however many there are', () => {
    const extra = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`extra${index}`, { deep: [1] }]))
    const { resource, diagnostics } = validateObject(virtualService({ ...extra, hosts: ['a'], http: [{ route, timout: '5s' }] }), {
      unknownFields: 'prune',
    })
    expect(diagnostics).toEqual([])
    expect(resource?.spec).toEqual({ hosts: ['a'], http: [{ route }] })
  })

  it('gives the very same value when there are none, and does not touch the original', () => {
    const value = virtualService({ hosts: ['a'], http: [{ route }] })
    expect(validateObject(value, { unknownFields: 'prune' }).resource).toBe(value)
    const dirty = Object.freeze(virtualService(Object.freeze({ hosts: ['a'], http: [{ route }], htpp: 1 })))
    expect(validateObject(dirty, { unknownFields: 'prune' }).resource?.spec).not.toHaveProperty('htpp')
    expect(dirty.spec).toHaveProperty('htpp')
  })

  it('keeps opaque values whole', () => {
    const spec = { configPatches: [{ applyTo: 'CLUSTER', patch: { operation: 'ADD', value: { anything: { at: ['all'] } } } }] }
    const filter = { apiVersion: 'networking.istio.io/v1alpha3', kind: 'EnvoyFilter', metadata: { name: 'a' }, spec }
    expect(validateObject(filter, { unknownFields: 'prune' }).resource?.spec).toEqual(spec)
  })
})

describe('loadRegexCompiler', () => {
  const regex = (expression: string) => virtualService({ hosts: ['a'], http: [{ match: [{ uri: { regex: expression } }], route }] })

  it.each(['a(', '(?=a)', '(?P<name', 'a{1001}', String.raw`(a)\1`])('finds that %s is not RE2', async (expression) => {
    const { diagnostics } = validateObject(regex(expression), { compileRegex: await loadRegexCompiler() })
    expect(diagnostics).toMatchObject([{ ruleId: 'bad-regex', path: 'spec.http[0].match[0].uri.regex' }])
  })

  it.each(['(?i)/a[[:alpha:]]+', String.raw`\pL+`, String.raw`\Qa.b\E`, '(?P<name>a)', '.*'])('takes %s', async (expression) => {
    expect(validateObject(regex(expression), { compileRegex: await loadRegexCompiler() }).diagnostics).toEqual([])
  })
})

describe("target: 'heddle'", () => {
  it.each([
    ['security.istio.io/v1', 'AuthorizationPolicy', {}, 'error', 'not-enforced'],
    ['security.istio.io/v1', 'RequestAuthentication', {}, 'error', 'not-enforced'],
    ['extensions.istio.io/v1alpha1', 'WasmPlugin', { url: 'oci://a/b', phase: 'AUTHZ' }, 'error', 'not-enforced'],
    ['extensions.istio.io/v1alpha1', 'WasmPlugin', { url: 'oci://a/b' }, 'warning', 'not-executed'],
    ['telemetry.istio.io/v1', 'Telemetry', { accessLogging: [{ disabled: true }] }, 'warning', 'not-executed'],
  ])('judges %s %s %j', (apiVersion, kind, spec, severity, ruleId) => {
    const value = { apiVersion, kind, metadata: { name: 'a' }, spec }
    expect(validateObject(value).diagnostics).toEqual([])
    expect(validateObject(value, { target: 'heddle' }).diagnostics).toMatchObject([{ severity, ruleId, path: 'kind' }])
    const lenient = validateObject(value, { target: 'heddle', notEnforced: 'warn' })
    expect(lenient).toMatchObject({ resource: value, diagnostics: [{ severity: 'warning', ruleId }] })
  })

  it('executes the kinds of the article', () => {
    expect(validateObject(virtualService({ hosts: ['a'], http: [{ route }] }), { target: 'heddle' }).diagnostics).toEqual([])
  })
})
