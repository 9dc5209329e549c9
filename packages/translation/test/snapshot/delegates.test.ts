import { describe, expect, it } from 'vitest'
import type { HttpMatchRequest, HttpRoute, VirtualService } from '../../src/index.js'
import { createMeshSnapshot, translate } from '../../src/index.js'
import { named, nodeOf, pod, service, virtualService } from '../mesh.js'

type Spec = NonNullable<VirtualService['spec']>

const hello = service('hello')
const host = 'hello.default.svc.cluster.local'
const client = pod('client-1', '10.1.0.9')

const to = (name: string): Pick<HttpRoute, 'route'> => ({ route: [{ destination: { host: name } }] })
const root = (http: readonly HttpRoute[]): VirtualService => virtualService('root', { hosts: ['hello'], http })
const leaf = (http: readonly HttpRoute[], spec: Partial<Spec> = {}, namespace = 'default'): VirtualService =>
  virtualService('leaf', { http, ...spec }, { namespace })

function translated(virtualServices: readonly VirtualService[]) {
  const services = [hello, service('other', { namespace: 'team', address: '10.96.0.11' })]
  const snapshot = createMeshSnapshot({ services, virtualServices, pods: [client] })
  const { config, issues } = translate(snapshot, nodeOf(client))
  const { routes } = named(named(config.routeConfigurations, '80').virtualHosts, `${host}:80`)
  return { routes, snapshot, issues }
}

/** The conditions that one of the root and one of the delegate come to; undefined when the rule is left out. */
function combined(outer: HttpMatchRequest, inner: HttpMatchRequest) {
  const { snapshot } = translated([root([{ match: [outer], delegate: { name: 'leaf' } }]), leaf([{ match: [inner], ...to('hello') }])])
  const [rule] = snapshot.virtualServices[0]?.rules ?? []
  if (rule === undefined) expect(snapshot.issues.map(({ code }) => code)).toEqual(['delegate-conflict'])
  return rule?.rule.match?.[0]
}

describe('a rule that delegates', () => {
  it('is replaced by the rules of the delegate, named after both, with what only the root says', () => {
    const { routes, snapshot, issues } = translated([
      root([
        { name: 'r', match: [{ name: 'm', uri: { prefix: '/a' } }], delegate: { name: 'leaf' }, timeout: '3s' },
        { name: 'rest', ...to('hello') },
      ]),
      leaf([
        { name: 'l', match: [{ uri: { prefix: '/a/b' } }], ...to('hello') },
        { timeout: '5s', ...to('hello') },
      ]),
    ])
    expect([...snapshot.issues, ...issues]).toEqual([])
    expect(routes.map((route) => route.name)).toEqual(['r-l.m', 'r.m', 'rest'])
    expect(routes.map((route) => route.match.path)).toMatchObject([{ value: '/a/b' }, { value: '/a' }, { value: '/' }])
    expect(routes.map((route) => route.action)).toMatchObject([{ timeoutMs: 3000 }, { timeoutMs: 5000 }, { timeoutMs: 0 }])
    expect(routes[0]?.metadata).toMatchObject({ istio: { config: expect.stringContaining('/root') as string } })
  })

  it('means a delegate of its own namespace, or the one it names, whose short names are its own', () => {
    const { routes } = translated([root([{ delegate: { name: 'leaf', namespace: 'team' } }]), leaf([to('other')], {}, 'team')])
    expect(routes[0]?.action).toMatchObject({ target: { cluster: 'outbound|80||other.team.svc.cluster.local' } })
  })

  it('is left out, and reported, when the delegate is missing, has hosts, or is not exported to it', () => {
    const problem = (delegate: VirtualService) => {
      const { snapshot, routes } = translated([
        root([{ delegate: { name: 'leaf', namespace: 'team' } }, { name: 'rest', ...to('hello') }]),
        delegate,
      ])
      expect(routes.map((route) => route.name)).toEqual(['rest'])
      return snapshot.issues
        .filter(({ code }) => code === 'unknown-delegate')
        .map(({ code, path, message }) => `${code} ${path}: ${message}`)
    }
    expect(problem(leaf([to('hello')]))).toEqual([expect.stringMatching(/^unknown-delegate spec.http\[0\].delegate: there is no/)])
    expect(problem(leaf([to('hello')], { hosts: ['x'] }, 'team'))).toEqual([expect.stringMatching(/there is no/)])
    expect(problem(leaf([to('hello')], { exportTo: ['.'] }, 'team'))).toEqual([expect.stringMatching(/not exported to default/)])
  })

  it('does not go on to a second delegate', () => {
    const { snapshot } = translated([root([{ delegate: { name: 'leaf' } }]), leaf([{ delegate: { name: 'leaf' } }, to('hello')])])
    expect(snapshot.virtualServices[0]?.rules).toHaveLength(1)
    expect(snapshot.issues).toMatchObject([{ code: 'unsupported', resource: { name: 'leaf' }, path: 'spec.http[0].delegate' }])
  })

  it('puts its VirtualService behind those that do not delegate', () => {
    const plain = virtualService(
      'plain',
      { hosts: ['hello'], http: [{ name: 'plain', ...to('hello') }] },
      { createdAt: '2026-02-01T00:00:00Z' },
    )
    const { routes } = translated([root([{ delegate: { name: 'leaf' } }]), leaf([to('hello')]), plain])
    expect(routes.map((route) => route.name)).toEqual(['plain'])
  })

  it('is no route of its own, and a delegate makes none', () => {
    const { snapshot } = translated([leaf([to('hello')])])
    expect(snapshot.virtualServices).toEqual([])
  })
})

describe('conditions of root and delegate', () => {
  it('add up', () => {
    const outer: HttpMatchRequest = { uri: { prefix: '/a' }, headers: { x: { exact: '1' } }, gateways: ['gw'] }
    expect(combined(outer, { headers: { y: { prefix: '2' } }, method: { exact: 'GET' } })).toEqual({
      uri: { prefix: '/a' },
      headers: { x: { exact: '1' }, y: { prefix: '2' } },
      method: { exact: 'GET' },
      gateways: ['default/gw'],
    })
  })

  it.each([
    ['an exact value within a prefix', { uri: { prefix: '/a' } }, { uri: { exact: '/a/b' } }, true],
    ['a prefix within a prefix', { uri: { prefix: '/a' } }, { uri: { prefix: '/ab' } }, true],
    ['a wider prefix', { uri: { prefix: '/a/b' } }, { uri: { prefix: '/a' } }, false],
    ['a prefix within an exact value', { uri: { exact: '/a' } }, { uri: { prefix: '/a' } }, false],
    ['two regular expressions', { uri: { regex: '/a.*' } }, { uri: { regex: '/a.*' } }, false],
    ['a regular expression of one side', { uri: { regex: '/a.*' } }, { method: { exact: 'GET' } }, true],
    ['different ports', { port: 80 }, { port: 81 }, false],
    ['a header of another value', { headers: { x: { exact: '1' } } }, { headers: { x: { exact: '2' } } }, false],
    ['case of the path told apart by one side', { uri: { prefix: '/a' }, ignoreUriCase: true }, { uri: { prefix: '/a' } }, false],
    ['a namespace that only the root asks for', { sourceNamespace: 'a' }, {}, false],
    ['other labels of the caller', { sourceLabels: { app: 'a' } }, { sourceLabels: { app: 'b' } }, false],
    ['a gateway that the root has not', { gateways: ['a'] }, { gateways: ['b'] }, false],
  ] as const)('%s', (_, outer, inner, fits) => {
    expect(combined(outer as HttpMatchRequest, inner as HttpMatchRequest) !== undefined).toBe(fits)
  })
})
