/** What is called exact sends every request where it went before; everything else is named, and nothing is left out in silence. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { virtualServiceToHttpRoute, type HttpRouteConversion } from '../../src/convert/virtual-service-to-http-route.js'
import type { ConversionOptions } from '../../src/convert/conversion-options.js'
import type { HTTPMatchRequest, VirtualService, VirtualServiceSpec } from '../../src/gen/types.js'
import { isOfKind, type KubernetesObject } from '../../src/resource.js'
import { validate, validateObject } from '../../src/validate/validate.js'
import { parseDocuments } from '../../src/yaml/parse-documents.js'
import { firstRule, mostSpecificRule, type SampleRequest } from './route-choice.js'

const samples = join(import.meta.dirname, '../../../../../shared/corpus/istio/samples')
const virtualService = (spec: VirtualServiceSpec): VirtualService => ({
  apiVersion: 'networking.istio.io/v1',
  kind: 'VirtualService',
  metadata: { name: 'web', namespace: 'shop' },
  spec,
})
const to = (host: string, port = 80) => [{ destination: { host, port: { number: port } } }]
const convert = (spec: VirtualServiceSpec, options: ConversionOptions = {}) => virtualServiceToHttpRoute(virtualService(spec), options)
const inexactPaths = ({ issues }: HttpRouteConversion) => issues.filter(({ kind }) => kind === 'inexact').map(({ path }) => path)
const http = (http: VirtualServiceSpec['http']) => convert({ hosts: ['web'], http: http ?? [] })

describe('what is exact', () => {
  it('attaches routes of the mesh to their Services', () => {
    const { isExact, route, issues } = convert({ hosts: ['web', 'web2.shop.svc.cluster.local'], http: [{ route: to('web', 8080) }] })
    expect({ isExact, issues }).toEqual({ isExact: true, issues: [] })
    expect(route).toEqual({
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata: { name: 'web', namespace: 'shop' },
      spec: {
        parentRefs: [
          { group: '', kind: 'Service', name: 'web' },
          { group: '', kind: 'Service', name: 'web2' },
        ],
        rules: [{ backendRefs: [{ name: 'web', port: 8080 }] }],
      },
    })
  })

  it('attaches routes of gateways to Gateways, and says that those are needed', () => {
    const { isExact, route, issues } = convert({ hosts: ['*.example.com'], gateways: ['edge/public'], http: [{ route: to('web') }] })
    expect(isExact).toBe(true)
    expect(route?.spec).toMatchObject({ parentRefs: [{ name: 'public', namespace: 'edge' }], hostnames: ['*.example.com'] })
    expect(issues).toMatchObject([{ kind: 'needed', path: 'spec.gateways[0]' }])
  })

  it('splits by weight, and gives nothing to a destination without one', () => {
    const [first, second] = [...to('a'), ...to('b')] as [ReturnType<typeof to>[0] & object, ReturnType<typeof to>[0] & object]
    const { isExact, route } = http([{ route: [{ ...first, weight: 10 }, second] }])
    expect(isExact).toBe(true)
    expect(route?.spec.rules?.[0]?.backendRefs).toEqual([
      { name: 'a', port: 80, weight: 10 },
      { name: 'b', port: 80, weight: 0 },
    ])
  })

  it('takes the port of a Service that has only one', () => {
    const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'a', namespace: 'shop' }, spec: { ports: [{ port: 9080 }] } }
    const spec = { hosts: ['web'], http: [{ route: [{ destination: { host: 'a' } }] }] }
    expect(inexactPaths(convert(spec))).toEqual(['spec.http[0].route[0].destination.port'])
    expect(convert(spec, { resources: [service] }).route?.spec.rules?.[0]?.backendRefs).toEqual([{ name: 'a', port: 9080 }])
  })

  it('converts matches, headers, redirects, rewrites, timeouts and mirrors', () => {
    const { isExact, route, issues } = http([
      {
        name: 'moved',
        match: [{ uri: { exact: '/old' }, method: { exact: 'GET' } }],
        redirect: { uri: '/new', authority: 'example.com', port: 443, scheme: 'https', redirectCode: 308 },
      },
      {
        match: [{ uri: { exact: '/a' }, headers: { 'x-a': { prefix: 'b.' }, 'x-c': {} }, queryParams: { q: { exact: '1' } } }],
        rewrite: { uri: '/b', authority: 'inner' },
        headers: { request: { set: { a: 'b' }, remove: ['c'] }, response: { add: { d: 'e' } } },
        timeout: '1.5s',
        mirror: { host: 'copy', port: { number: 80 } },
        mirrorPercentage: { value: 5 },
        route: to('web'),
      },
    ])
    expect({ isExact, issues }).toEqual({ isExact: true, issues: [] })
    expect(route?.spec.rules).toEqual([
      {
        name: 'moved',
        matches: [{ path: { type: 'Exact', value: '/old' }, method: 'GET' }],
        filters: [
          {
            type: 'RequestRedirect',
            requestRedirect: {
              scheme: 'https',
              hostname: 'example.com',
              path: { type: 'ReplaceFullPath', replaceFullPath: '/new' },
              port: 443,
              statusCode: 308,
            },
          },
        ],
      },
      {
        matches: [
          {
            path: { type: 'Exact', value: '/a' },
            headers: [
              { type: 'RegularExpression', name: 'x-a', value: String.raw`b\..*` },
              { type: 'RegularExpression', name: 'x-c', value: '.*' },
            ],
            queryParams: [{ type: 'Exact', name: 'q', value: '1' }],
          },
        ],
        filters: [
          { type: 'RequestHeaderModifier', requestHeaderModifier: { set: [{ name: 'a', value: 'b' }], remove: ['c'] } },
          { type: 'ResponseHeaderModifier', responseHeaderModifier: { add: [{ name: 'd', value: 'e' }] } },
          { type: 'URLRewrite', urlRewrite: { hostname: 'inner', path: { type: 'ReplaceFullPath', replaceFullPath: '/b' } } },
          { type: 'RequestMirror', requestMirror: { backendRef: { name: 'copy', port: 80 }, percent: 5 } },
        ],
        backendRefs: [{ name: 'web', port: 80 }],
        timeouts: { request: '1s500ms' },
      },
    ])
  })

  it('takes prefixes for path segments when asked to', () => {
    const spec = { hosts: ['web'], http: [{ match: [{ uri: { prefix: '/a' } }], rewrite: { uri: '/b' }, route: to('web') }] }
    expect(inexactPaths(convert(spec))).toEqual(['spec.http[0].match[0].uri.prefix'])
    expect(convert(spec, { segmentPrefixes: true })).toMatchObject({
      isExact: true,
      route: { spec: { rules: [{ filters: [{ urlRewrite: { path: { replacePrefixMatch: '/b' } } }] }] } },
    })
  })
})

describe('what is not exact is named', () => {
  const match = (match: HTTPMatchRequest) => http([{ match: [match], route: to('web') }])
  it.each([
    ['spec.hosts[0]', convert({ hosts: ['*.example.com'], http: [{ route: to('web') }] })],
    ['spec.hosts[0]', convert({ hosts: ['web.other.svc.cluster.local'], http: [{ route: to('web') }] })],
    ['spec.hosts[0]', convert({ hosts: ['10.0.0.1'], gateways: ['g'], http: [{ route: to('web') }] })],
    ['spec.hosts', convert({ http: [{ route: to('web') }] })],
    ['spec.gateways', convert({ hosts: ['web'], gateways: ['mesh', 'g'], http: [{ route: to('web') }] })],
    ['spec.exportTo', convert({ hosts: ['web'], exportTo: ['.'], http: [{ route: to('web') }] })],
    ['spec.tls', convert({ hosts: ['web'], tls: [], http: [{ route: to('web') }] })],
    ['spec.tcp', convert({ hosts: ['web'], tcp: [{ route: to('web') }] })],
    ['spec.http[0].match[0].uri.prefix', match({ uri: { prefix: '/a' } })],
    ['spec.http[0].match[0].uri', match({ uri: { exact: '/a//b' } })],
    ['spec.http[0].match[0].ignoreUriCase', match({ uri: { exact: '/a' }, ignoreUriCase: true })],
    ['spec.http[0].match[0].scheme', match({ scheme: { exact: 'http' } })],
    ['spec.http[0].match[0].authority', match({ authority: { exact: 'a' } })],
    ['spec.http[0].match[0].withoutHeaders', match({ withoutHeaders: { a: {} } })],
    ['spec.http[0].match[0].port', match({ port: 80 })],
    ['spec.http[0].match[0].sourceLabels', match({ sourceLabels: { a: 'b' } })],
    ['spec.http[0].match[0].sourceNamespace', match({ sourceNamespace: 'a' })],
    ['spec.http[0].match[0].gateways', match({ gateways: ['mesh'] })],
    ['spec.http[0].match[0].statPrefix', match({ statPrefix: 'a' })],
    ['spec.http[0].match[0].name', match({ name: 'a' })],
    ['spec.http[0].match[0].method', match({ method: { regex: 'GET|POST' } })],
    ['spec.http[0].match[0].headers[":path"]', match({ headers: { ':path': { exact: '/' } } })],
    ['spec.http[0].route[0].destination.subset', http([{ route: [{ destination: { host: 'web', subset: 'v1', port: { number: 80 } } }] }])],
    ['spec.http[0].route[0].destination.host', http([{ route: to('example.com') }])],
    ['spec.http[0].directResponse', http([{ directResponse: { status: 200 } }])],
    ['spec.http[0].delegate', http([{ delegate: { name: 'a' } }])],
    ['spec.http[0].fault', http([{ fault: { abort: { httpStatus: 500 } }, route: to('web') }])],
    ['spec.http[0].retries', http([{ retries: { attempts: 3 }, route: to('web') }])],
    ['spec.http[0].corsPolicy', http([{ corsPolicy: { allowOrigins: [{ exact: 'a' }] }, route: to('web') }])],
    ['spec.http[0].mirrorPercent', http([{ mirror: { host: 'a', port: { number: 1 } }, mirrorPercent: 5, route: to('web') }])],
    ['spec.http[0].redirect', http([{ redirect: { uri: '/a' } }])],
    ['spec.http[0].redirect.redirectCode', http([{ redirect: { uri: '/a', port: 80, redirectCode: 304 } }])],
    ['spec.http[0].rewrite.uri', http([{ rewrite: { uri: '/a' }, route: to('web') }])],
    ['spec.http[0].rewrite.uriRegexRewrite', http([{ rewrite: { uriRegexRewrite: { match: 'a', rewrite: 'b' } }, route: to('web') }])],
    ['spec.http[0].headers.request.set.a', http([{ headers: { request: { set: { a: '%START_TIME%' } } }, route: to('web') }])],
    ['spec.http[0].name', http([{ name: 'A B', route: to('web') }])],
    ['spec.http[1]', http([{ route: to('web') }, { match: [{ uri: { exact: '/a' } }], route: to('web') }])],
  ])('%s', (path, conversion) => {
    expect(conversion.isExact).toBe(false)
    expect(inexactPaths(conversion)).toEqual([path])
    for (const { reason } of conversion.issues) expect(reason).toMatch(/^[A-Z].*\.$/)
  })

  it('names whatever a later version of the kind may bring', () => {
    const spec = { hosts: ['web'], http: [{ route: to('web'), novelty: { a: 1 } }] } as unknown as VirtualServiceSpec
    expect(inexactPaths(convert(spec))).toEqual(['spec.http[0].novelty'])
  })
})

describe.skipIf(!existsSync(samples))('the samples', () => {
  const documents = existsSync(samples)
    ? readdirSync(samples, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.yaml'))
        .flatMap((name) => parseDocuments(readFileSync(join(samples, name), 'utf8'), { file: name }).documents)
    : []
  const resources = documents.map(({ value }) => value)
  const found = documents
    .flatMap((document) => validate(document).resource ?? [])
    .filter((resource): resource is KubernetesObject & VirtualService => isOfKind(resource, 'VirtualService'))

  it('become valid HTTPRoutes, or say where they do not', () => {
    let exact = 0
    for (const resource of found) {
      const { isExact, route, issues } = virtualServiceToHttpRoute(resource, { resources, segmentPrefixes: true })
      if (!isExact) expect(issues.some(({ kind }) => kind === 'inexact') || route === undefined).toBe(true)
      if (isExact) exact++
      if (isExact) expect(validateObject(route).diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])
    }
    expect(found.length).toBeGreaterThan(30)
    expect(exact).toBeGreaterThan(3)
  })
})

describe('requests', () => {
  const value = fc.constantFrom<{ exact?: string; prefix?: string; regex?: string }>(
    { exact: 'a' },
    { exact: 'b' },
    { prefix: 'a' },
    {},
    { regex: 'a|b' },
  )
  const match: fc.Arbitrary<HTTPMatchRequest> = fc.record(
    {
      uri: fc.constantFrom({ exact: '/a' }, { exact: '/a/b' }, { exact: '/' }, { prefix: '/' }, { prefix: '/a' }, { regex: '/a.*' }),
      method: fc.constantFrom({ exact: 'GET' }, { exact: 'POST' }),
      headers: fc.dictionary(fc.constantFrom('x', 'y'), value, { maxKeys: 2 }),
      queryParams: fc.dictionary(fc.constantFrom('q'), value, { maxKeys: 1 }),
    },
    { requiredKeys: [] },
  ) as fc.Arbitrary<HTTPMatchRequest>
  const rules = fc.array(fc.option(fc.array(match, { minLength: 1, maxLength: 2 }), { nil: undefined }), { minLength: 1, maxLength: 4 })
  const few = fc.dictionary(fc.constantFrom('x', 'y'), fc.constantFrom('a', 'b', 'ab', ''))
  const request: fc.Arbitrary<SampleRequest> = fc.record({
    path: fc.constantFrom('/', '/a', '/a/b', '/ab', '/b'),
    method: fc.constantFrom('GET', 'POST', 'PUT'),
    headers: few,
    query: fc.dictionary(fc.constantFrom('q'), fc.constantFrom('a', 'b', 'ab')),
  })

  it('meet the same rule before and after (seed 20261123)', () => {
    let exact = 0
    fc.assert(
      fc.property(rules, fc.array(request, { minLength: 20, maxLength: 20 }), (matches, requests) => {
        const spec = {
          hosts: ['web'],
          http: matches.map((entry) => ({ ...(entry === undefined ? {} : { match: entry }), route: to('web') })),
        }
        const { isExact, route } = convert(spec)
        if (!isExact) return
        exact++
        for (const sample of requests) expect(mostSpecificRule(route?.spec.rules ?? [], sample)).toBe(firstRule(spec.http, sample))
      }),
      { seed: 20_261_123, numRuns: 3000 },
    )
    expect(exact).toBeGreaterThan(200)
  })
})
