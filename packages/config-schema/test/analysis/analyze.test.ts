import { describe, expect, it } from 'vitest'
import { analyze, type AnalyzeOptions } from '../../src/analysis/analyze.js'
import { formatFinding, type Finding } from '../../src/analysis/finding.js'
import { parseSuppression } from '../../src/analysis/suppression.js'
import { parseDocuments } from '../../src/yaml/parse-documents.js'

const run = (text: string, options: AnalyzeOptions = {}): readonly Finding[] =>
  analyze(parseDocuments(text, { file: 'mesh.yaml' }).documents, options)
const codesOf = (text: string, options: AnalyzeOptions = {}): readonly string[] => run(text, options).map(({ code }) => code)
const of = (code: string, findings: readonly Finding[]): readonly Finding[] => findings.filter((finding) => finding.code === code)

const meta = (name: string, namespace = 'default', more = ''): string => `metadata: {name: ${name}, namespace: ${namespace}${more}}`
const service = (name: string, namespace = 'default', ports = '[{name: http, port: 80}]', more = ''): string =>
  `---\napiVersion: v1\nkind: Service\n${meta(name, namespace, more)}\nspec: {selector: {app: ${name}}, ports: ${ports}}\n`
const istio = (kind: string, name: string, spec: string, namespace = 'default', more = ''): string =>
  `---\napiVersion: networking.istio.io/v1\nkind: ${kind}\n${meta(name, namespace, more)}\nspec: ${spec}\n`
const route = (host: string, rest = '', top = ''): string =>
  `{hosts: [${host}]${top}, http: [{route: [{destination: {host: ${host}${rest}}}]}]}`

describe('references of routes', () => {
  it('name the line, the place of the definition and a fix', () => {
    const text = `apiVersion: v1
kind: Service
metadata:
  name: reviews
spec:
  ports:
  - name: http
    port: 9080
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: reviews
spec:
  hosts: [reviews]
  http:
  - route:
    - destination:
        host: reviewz
`
    const [finding] = of('IST0101', run(text))
    expect(finding).toMatchObject({
      file: 'mesh.yaml',
      line: 19,
      column: 15,
      endColumn: 22,
      suggestion: 'reviews',
      help: 'heddle explain rule IST0101',
    })
    expect(finding?.fix).toMatchObject({ document: 1, edit: { line: 19, column: 15, newText: 'reviews' } })
    expect(formatFinding(finding as Finding)).toBe(
      'mesh.yaml:19:15: error: VirtualService default/reviews: spec.http[0].route[0].destination.host: No Service or ServiceEntry defines the host "reviewz" (reviewz.default.svc.cluster.local), so requests to it fail with 503; did you mean "reviews"? [IST0101]',
    )
  })

  it('take a host of a ServiceEntry with a wildcard', () => {
    const entry = istio(
      'ServiceEntry',
      'all',
      '{hosts: ["*.example.com"], resolution: NONE, ports: [{number: 443, name: tls, protocol: TLS}]}',
    )
    expect(
      codesOf(
        entry +
          istio(
            'VirtualService',
            'a',
            '{hosts: [a.example.com], tls: [{match: [{sniHosts: [a.example.com]}], route: [{destination: {host: a.example.com}}]}]}',
          ),
      ),
    ).toEqual([])
  })

  it('say that a host is there but not exported', () => {
    const hidden = service('reviews', 'shop', undefined, ', annotations: {networking.istio.io/exportTo: "."}')
    const [finding] = of('IST0101', run(hidden + istio('VirtualService', 'a', route('reviews.shop.svc.cluster.local'))))
    expect(finding?.message).toContain('is not exported to the namespace default')
    expect(finding?.related).toHaveLength(1)
  })

  it('suggest the full name where only a part is written', () => {
    const [finding] = of('IST0101', run(service('reviews', 'shop') + istio('VirtualService', 'a', route('reviews.shop'))))
    expect(finding?.suggestion).toBe('reviews.shop.svc.cluster.local')
  })

  it('find subsets in rules of other namespaces that are exported, and in wildcard rules', () => {
    const rule = istio(
      'DestinationRule',
      'all',
      '{host: "*.default.svc.cluster.local", subsets: [{name: v1, labels: {version: v1}}]}',
      'shop',
    )
    const use = service('reviews') + istio('VirtualService', 'a', route('reviews', ', subset: v1'))
    expect(codesOf(rule + use)).toEqual([])
    expect(codesOf(rule.replace('subsets', 'exportTo: ["."], subsets') + use)).toEqual(['IST0101'])
  })

  it('correct a port when there is only one', () => {
    const [finding] = of('IST0101', run(service('reviews') + istio('VirtualService', 'a', route('reviews', ', port: {number: 8080}'))))
    expect(finding?.fix?.changes).toEqual([{ path: ['spec', 'http', 0, 'route', 0, 'destination', 'port', 'number'], value: 80 }])
  })

  it('are not asked for where the input has nothing of the kind', () => {
    expect(codesOf(istio('VirtualService', 'a', route('reviews', ', subset: v1', ', gateways: [shop]')))).toEqual([])
    expect(codesOf(istio('VirtualService', 'a', route('reviews')), { isComplete: true })).toEqual(['IST0101'])
  })

  it('know what the mesh itself brings along', () => {
    const text = service('a') + istio('VirtualService', 'a', route('istiod.istio-system.svc.cluster.local', ', port: {number: 15012}'))
    expect(codesOf(text)).toEqual([])
    expect(codesOf(text, { isComplete: true })).toEqual(['IST0101'])
  })

  it('find gateways by namespace and name', () => {
    const gateway = istio(
      'Gateway',
      'shop',
      '{selector: {istio: ingressgateway}, servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"]}]}',
      'edge',
    )
    const at = (name: string) =>
      of('IST0101', run(service('a') + gateway + istio('VirtualService', 'a', route('a', '', `, gateways: [${name}]`))))
    expect(at('edge/shop')).toEqual([])
    expect(at('shop')[0]?.suggestion).toBe('edge/shop')
    expect(at('edge/shpo')[0]?.suggestion).toBe('edge/shop')
  })

  describe('to a delegate', () => {
    const root = (delegate: string): string => istio('VirtualService', 'root', `{hosts: [reviews], http: [{delegate: ${delegate}}]}`)
    const leaf = (name: string, namespace = 'default', top = ''): string =>
      istio('VirtualService', name, `{http: [{route: [{destination: {host: reviews.default.svc.cluster.local}}]}]${top}}`, namespace)
    const found = (text: string, options: AnalyzeOptions = {}): readonly Finding[] => of('IST0101', run(service('reviews') + text, options))

    it('are quiet when it is there', () => {
      expect(found(root('{name: leaf}') + leaf('leaf'))).toEqual([])
      expect(found(root('{name: leaf, namespace: shop}') + leaf('leaf', 'shop'))).toEqual([])
    })

    it('say that it is not there, and which was meant', () => {
      const [finding] = found(root('{name: leav}') + leaf('leaf'))
      expect(finding).toMatchObject({ path: 'spec.http[0].delegate.name', suggestion: 'leaf' })
      expect(finding?.message).toBe('There is no VirtualService "leav" in the namespace default: this rule is left out.')
      expect(finding?.fix).toMatchObject({ edit: { newText: 'leaf' } })
      expect(found(root('{name: leaf, namespace: shop}') + leaf('leaf'))).toHaveLength(1)
    })

    it('say that it has hosts, or is not exported to them', () => {
      const own = istio('VirtualService', 'own', route('reviews'))
      expect(found(root('{name: own}') + own + leaf('leaf'))[0]?.message).toContain('has hosts of its own')
      const [hidden] = found(root('{name: leaf, namespace: shop}') + leaf('leaf', 'shop', ', exportTo: ["."]'))
      expect(hidden?.message).toContain('is not exported to the namespace default')
      expect(hidden?.related).toMatchObject([{ path: 'spec.exportTo' }])
    })

    it('take it to lie elsewhere where the input has none, but not in a running mesh', () => {
      expect(found(root('{name: leaf}'))).toEqual([])
      expect(found(root('{name: leaf}'), { isComplete: true })).toHaveLength(1)
    })
  })
})

describe('VirtualServices of one host', () => {
  const both = (a: string, b: string): readonly string[] =>
    codesOf(
      service('a') +
        istio('VirtualService', 'one', route('a.default.svc.cluster.local', '', a)) +
        istio('VirtualService', 'two', route('a.default.svc.cluster.local', '', b), 'shop'),
    )

  it('conflict over namespaces', () => expect(both('', '')).toEqual(['IST0109', 'IST0109']))
  it('do not meet when each is for its own namespace', () => expect(both(', exportTo: ["."]', ', exportTo: ["."]')).toEqual([]))
  it('meet where one is exported to', () => expect(both(', exportTo: [shop]', ', exportTo: ["."]')).toEqual(['IST0109', 'IST0109']))
  it('do not conflict with one that is bound to gateways only', () => expect(both('', ', gateways: [shop/gw]')).toEqual([]))

  it('do not meet where the Sidecar of the mesh imports only the own namespace', () => {
    const sidecar = istio('Sidecar', 'default', '{egress: [{hosts: ["./*"]}]}', 'istio-system')
    const text =
      service('a') +
      istio('VirtualService', 'one', route('a.default.svc.cluster.local')) +
      istio('VirtualService', 'two', route('a.default.svc.cluster.local'), 'shop')
    expect(codesOf(text + sidecar)).toEqual([])
  })

  it('do not conflict with themselves read twice', () => {
    const text = service('a') + istio('VirtualService', 'one', route('a'))
    expect(codesOf(text + istio('VirtualService', 'one', route('a')))).toEqual(['HED0011'])
  })
})

describe('gateways', () => {
  const server = (host: string, port = 80): string => `{port: {number: ${port}, name: http-${port}, protocol: HTTP}, hosts: [${host}]}`
  const gateway = (name: string, text: string): string => istio('Gateway', name, `{selector: {istio: ingressgateway}, servers: [${text}]}`)

  it('share a port when their hosts differ', () =>
    expect(codesOf(gateway('a', server('a.example.com')) + gateway('b', server('b.example.com')))).toEqual([]))
  it('may serve a host that another serves by wildcard', () =>
    expect(codesOf(gateway('a', server('"*.example.com"')) + gateway('b', server('b.example.com')))).toEqual([]))
  it('conflict over one host and port', () =>
    expect(codesOf(gateway('a', server('a.example.com')) + gateway('b', server('a.example.com')))).toEqual(['IST0145', 'IST0145']))
  it('need a workload when it is none of the installed ones', () => {
    const text = istio('Gateway', 'a', `{selector: {istio: ingresgateway}, servers: [${server('"*"')}]}`)
    expect(run(text)).toMatchObject([{ code: 'IST0101', suggestion: 'ingressgateway' }])
  })
})

describe('what is being typed', () => {
  it.each([
    'apiVersion: networking.istio.io/v1\nkind: VirtualService\n',
    'apiVersion: networking.istio.io/v1\nkind: VirtualService\nspec: 5\n',
    'apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: [a]}\nspec: {hosts: a, http: [{route: [{destination: 5}, 7, null]}, null]}\n',
    'apiVersion: networking.istio.io/v1\nkind: Gateway\nspec: {servers: [{}, {hosts: [null]}, {port: 80}]}\n',
    'apiVersion: networking.istio.io/v1\nkind: DestinationRule\nspec: {subsets: [{labels: 4}], trafficPolicy: {tls: 1}}\n',
    'apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nspec: {rules: [{from: [{}, {source: {principals: 5}}]}]}\n',
    'apiVersion: apps/v1\nkind: Deployment\nspec: {template: {spec: {containers: {}}}}\n',
    'apiVersion: v1\nkind: Service\nspec: {ports: {port: 80}}\n',
    'apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nspec: {rules: [{backendRefs: [{name: 5}]}], parentRefs: {}}\n',
  ])('is analysed without a fault of the program: %s', (text) => {
    expect(() => run(text)).not.toThrow()
    expect(() => run(text, { isComplete: true })).not.toThrow()
  })
})

describe('suppression', () => {
  const text = '---\napiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n'

  it.each(['IST0102=Namespace shop', 'IST0102=Namespace sh*', '*=Namespace *', 'IST0102 = Namespace shop'])('hears %s', (said) => {
    const suppression = parseSuppression(said)
    expect(codesOf(text, { suppress: suppression === undefined ? [] : [suppression] })).toEqual([])
  })

  it('leaves others alone', () => {
    const suppression = parseSuppression('IST0102=Namespace shop2')
    expect(codesOf(text, { suppress: suppression === undefined ? [] : [suppression] })).toEqual(['IST0102'])
    expect(parseSuppression('IST0102')).toBeUndefined()
  })

  it.each(['IST0102', 'IST0103, IST0102', '"*"'])('hears the annotation %s', (codes) => {
    const annotated = text.replace(
      'name: shop',
      `name: shop, annotations: {galley.istio.io/analyze-suppress: ${codes.startsWith('"') ? codes : `"${codes}"`}}`,
    )
    expect(codesOf(annotated)).toEqual([])
  })

  it('names resources by namespace as istioctl does', () => {
    const broken = service('a') + istio('VirtualService', 'v', route('b'))
    const suppression = parseSuppression('IST0101=VirtualService v.default')
    expect(codesOf(broken, { suppress: suppression === undefined ? [] : [suppression] })).toEqual([])
  })
})
