import { isHeddleError } from '@heddle/base'
import { describe, expect, it } from 'vitest'
import { compileRouteConfiguration, type Route, type RouteConfiguration, type RouteMatch, type VirtualHost } from '../src/index.js'
import { compileRegex, request } from './route-request.fixture.js'

const route = (name: string, match: Partial<RouteMatch> = {}): Route => ({
  name,
  match: { path: { kind: 'prefix', value: '/' }, ...match },
  action: { kind: 'route', target: { kind: 'cluster', cluster: name } },
})
const host = (name: string, domains: readonly string[], ...routes: readonly Route[]): VirtualHost => ({
  name,
  domains,
  routes: routes.length ? routes : [route(name)],
})
const table = (...virtualHosts: readonly VirtualHost[]) =>
  compileRouteConfiguration({ name: 'test', virtualHosts, ignorePortInHostMatching: true }, { compileRegex })
const chosenHost = (configuration: RouteConfiguration, authority: string): string => {
  const choice = compileRouteConfiguration(configuration).choose(request('/', { authority }))
  return choice.kind === 'no-virtual-host' ? 'none' : choice.virtualHost.name
}
const chosen = (match: Partial<RouteMatch>, ...args: Parameters<typeof request>): boolean =>
  table(host('h', ['*'], route('wanted', match))).choose(request(...args)).kind === 'matched'

describe('virtual hosts', () => {
  const configuration: RouteConfiguration = {
    name: 'r',
    virtualHosts: [
      host('any', ['*']),
      host('prefix', ['shop.*']),
      host('suffix', ['*.example']),
      host('longer suffix', ['*.shop.example']),
      host('exact', ['Shop.Example']),
    ],
  }
  it.each([
    ['shop.example', 'exact'],
    ['SHOP.EXAMPLE', 'exact'],
    ['eu.shop.example', 'longer suffix'],
    ['pay.example', 'suffix'],
    ['shop.test', 'prefix'],
    ['other.test', 'any'],
  ])('sends %s to the %s domain', (authority, expected) => {
    expect(chosenHost(configuration, authority)).toBe(expected)
  })

  it('looks at the port unless it is told to ignore it', () => {
    const virtualHosts = [host('exact', ['shop.example'])]
    expect(chosenHost({ name: 'r', virtualHosts }, 'shop.example:8080')).toBe('none')
    expect(chosenHost({ name: 'r', virtualHosts, ignorePortInHostMatching: true }, 'shop.example:8080')).toBe('exact')
    expect(chosenHost({ name: 'r', virtualHosts: [host('v6', ['[::1]'])], ignorePortInHostMatching: true }, '[::1]:80')).toBe('v6')
  })

  it('does not let a suffix wildcard match the bare suffix', () => {
    expect(chosenHost({ name: 'r', virtualHosts: [host('suffix', ['*.example'])] }, '.example')).toBe('none')
  })

  it('keeps the first of two equal domains and names the second', () => {
    const routes = table(host('first', ['a.example']), host('second', ['A.example']))
    expect(routes.duplicateDomains).toEqual(['A.example'])
    expect(routes.choose(request('/', { authority: 'a.example' }))).toMatchObject({ virtualHost: { name: 'first' } })
  })
})

describe('routes', () => {
  it('takes the first that matches', () => {
    const routes = table(host('h', ['*'], route('items', { path: { kind: 'prefix', value: '/items' } }), route('rest')))
    expect(routes.choose(request('/items/1'))).toMatchObject({ route: { name: 'items' } })
    expect(routes.choose(request('/users'))).toMatchObject({ route: { name: 'rest' } })
  })

  it('compares paths without their query', () => {
    expect(chosen({ path: { kind: 'path', value: '/login' } }, '/login?next=/')).toBe(true)
    expect(chosen({ path: { kind: 'path', value: '/login' } }, '/login/')).toBe(false)
    expect(chosen({ path: { kind: 'regex', value: '/v[0-9]+' } }, '/v12?x')).toBe(true)
    expect(chosen({ path: { kind: 'regex', value: '/v[0-9]+' } }, '/v12/x')).toBe(false)
    expect(chosen({ path: { kind: 'path-separated-prefix', value: '/a' } }, '/a/b')).toBe(true)
    expect(chosen({ path: { kind: 'path-separated-prefix', value: '/a' } }, '/ab')).toBe(false)
  })

  it('ignores case only when asked', () => {
    expect(chosen({ path: { kind: 'prefix', value: '/API' } }, '/api')).toBe(false)
    expect(chosen({ path: { kind: 'prefix', value: '/API' }, caseSensitive: false }, '/api')).toBe(true)
  })

  it('matches headers by value, presence, absence and inversion', () => {
    const jason = { headers: { 'end-user': 'jason' } }
    expect(chosen({ headers: [{ name: 'End-User', match: { kind: 'exact', value: 'jason' } }] }, '/', jason)).toBe(true)
    expect(chosen({ headers: [{ name: 'end-user', match: { kind: 'exact', value: 'jason' } }] }, '/')).toBe(false)
    expect(chosen({ headers: [{ name: 'end-user' }] }, '/', jason)).toBe(true)
    expect(chosen({ headers: [{ name: 'end-user', present: false }] }, '/', jason)).toBe(false)
    expect(chosen({ headers: [{ name: 'end-user', match: { kind: 'prefix', value: 'ja' }, invert: true }] }, '/', jason)).toBe(false)
    expect(chosen({ headers: [{ name: 'end-user', match: { kind: 'prefix', value: 'ja' }, invert: true }] }, '/')).toBe(false)
    expect(
      chosen({ headers: [{ name: 'end-user', match: { kind: 'prefix', value: 'ja' }, invert: true, treatMissingAsEmpty: true }] }, '/'),
    ).toBe(true)
    expect(chosen({ headers: [{ name: ':method', match: { kind: 'exact', value: 'POST' } }] }, '/', { method: 'POST' })).toBe(true)
  })

  it('matches query parameters by their first, undecoded value', () => {
    const debug = { queryParameters: [{ name: 'debug', match: { kind: 'exact', value: 'true' } as const }] }
    expect(chosen(debug, '/?a=1&debug=true')).toBe(true)
    expect(chosen(debug, '/?debug=false&debug=true')).toBe(false)
    expect(chosen(debug, '/?debug=%74rue')).toBe(false)
    expect(chosen({ queryParameters: [{ name: 'debug' }] }, '/?debug')).toBe(true)
    expect(chosen(debug, '/')).toBe(false)
  })

  it('explains why each route before the chosen one was passed over', () => {
    const routes = table(
      host(
        'h',
        ['*'],
        route('items', { path: { kind: 'prefix', value: '/items' } }),
        route('jason', { headers: [{ name: 'end-user', match: { kind: 'exact', value: 'jason' } }] }),
        route('rest'),
      ),
    )
    const trace = routes.explain(request('/users?x'))
    expect(trace.choice).toEqual(routes.choose(request('/users?x')))
    expect(trace.steps.map((step) => step.refused)).toEqual([
      'path prefix "/items" does not match "/users"',
      'header "end-user" must match exact "jason", but it is absent',
      undefined,
    ])
  })

  it('says when a virtual host has no route for the request', () => {
    expect(table(host('h', ['*'], route('a', { path: { kind: 'path', value: '/a' } }))).choose(request('/b'))).toMatchObject({
      kind: 'no-route',
      virtualHost: { name: 'h' },
    })
  })
})

describe('regular expressions', () => {
  const withRegex: RouteConfiguration = { name: 'r', virtualHosts: [host('h', ['*'], route('a', { path: { kind: 'regex', value: '(' } }))] }
  const codeOf = (attempt: () => unknown): string => {
    try {
      attempt()
    } catch (error) {
      if (isHeddleError(error)) return error.code
      throw error
    }
    return 'none'
  }
  it('are refused without a linear-time engine', () => {
    expect(codeOf(() => compileRouteConfiguration(withRegex))).toBe('HEDDLE_ROUTING_REGEX_UNAVAILABLE')
  })
  it('are refused when the engine refuses them', () => {
    expect(codeOf(() => compileRouteConfiguration(withRegex, { compileRegex }))).toBe('HEDDLE_ROUTING_REGEX_INVALID')
  })
})
