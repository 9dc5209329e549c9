import { describe, expect, it } from 'vitest'
import type { Route } from '@heddle/routing'
import type { HttpRoute, MeshSnapshotInput } from '../../src/index.js'
import { destinationRule, named, pod, service, translateFor, virtualService } from '../mesh.js'

const client = pod('client-1', '10.1.0.9')
const hello = service('hello')

function translated(
  http: readonly HttpRoute[],
  input: MeshSnapshotInput = {},
): { readonly routes: readonly Route[]; readonly codes: readonly string[] } {
  const owner = virtualService('hello', { hosts: ['hello'], http })
  const { config, issues } = translateFor(client, { services: [hello], virtualServices: [owner], ...input })
  const { routes } = named(named(config.routeConfigurations, '80').virtualHosts, 'hello.default.svc.cluster.local:80')
  return { routes, codes: issues.map((issue) => `${issue.code} ${issue.path ?? ''}`) }
}

const route = [{ destination: { host: 'hello' } }]

describe('matches', () => {
  it('become one route each, up to the first that matches everything', () => {
    const { routes } = translated([
      { name: 'a', match: [{ name: 'x', uri: { exact: '/x' } }, { uri: { prefix: '/' } }], route },
      { name: 'never', route },
    ])
    expect(routes.map((entry) => entry.name)).toEqual(['a.x', 'a'])
  })

  it('sort headers by name and put pseudo headers behind them', () => {
    const { routes } = translated([
      {
        match: [
          {
            uri: { regex: '/v[0-9]+' },
            ignoreUriCase: true,
            headers: { b: { prefix: 'p' }, a: {}, d: { regex: '*' } },
            withoutHeaders: { c: { exact: 'no' }, e: {} },
            method: { exact: 'GET' },
            authority: { exact: 'hello' },
            scheme: { exact: 'http' },
            queryParams: { z: { exact: '1' }, y: {} },
          },
        ],
        route,
      },
    ])
    expect(routes[0]?.match).toEqual({
      path: { kind: 'regex', value: '/v[0-9]+' },
      caseSensitive: false,
      headers: [
        { name: 'a', present: true },
        { name: 'b', match: { kind: 'prefix', value: 'p' } },
        { name: 'c', match: { kind: 'exact', value: 'no' }, invert: true, treatMissingAsEmpty: true },
        { name: 'd', present: true },
        { name: 'e', present: true, invert: true },
        { name: ':method', match: { kind: 'exact', value: 'GET' } },
        { name: ':authority', match: { kind: 'exact', value: 'hello' } },
        { name: ':scheme', match: { kind: 'exact', value: 'http' } },
      ],
      queryParameters: [
        { name: 'y', present: true },
        { name: 'z', match: { kind: 'exact', value: '1' } },
      ],
    })
  })

  it('of another port or gateway are left out', () => {
    const { routes } = translated([
      { name: 'port', match: [{ port: 81 }], route },
      { name: 'gateway', match: [{ gateways: ['edge'] }], route },
      { name: 'mesh', match: [{ gateways: ['mesh'], sourceLabels: { app: 'other' } }], route },
    ])
    expect(routes.map((entry) => entry.name)).toEqual(['mesh'])
  })
})

describe('actions', () => {
  it('forward without limit of time and with two more tries by default', () => {
    expect(translated([{ route }]).routes[0]?.action).toEqual({
      kind: 'route',
      target: { kind: 'cluster', cluster: 'outbound|80||hello.default.svc.cluster.local' },
      timeoutMs: 0,
      maxGrpcTimeoutMs: 0,
      retryPolicy: {
        retryOn: 'connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes',
        numRetries: 2,
        previousHosts: true,
        hostSelectionRetryMaxAttempts: 5,
      },
    })
  })

  it('take timeout and retries from the rule; status codes among the conditions are told apart; 0 attempts are none', () => {
    const { routes } = translated([
      {
        match: [{ uri: { exact: '/a' } }],
        route,
        timeout: '2.5s',
        retries: { attempts: 3, retryOn: '5xx,418', perTryTimeout: '250ms', retryIgnorePreviousHosts: false },
      },
      { route, retries: { attempts: 0 } },
    ])
    expect(routes[0]?.action).toMatchObject({
      timeoutMs: 2500,
      retryPolicy: { retryOn: '5xx,retriable-status-codes', retriableStatusCodes: [418], numRetries: 3, perTryTimeoutMs: 250 },
    })
    expect(routes[0]?.action).not.toHaveProperty('retryPolicy.previousHosts')
    expect(routes[1]?.action).not.toHaveProperty('retryPolicy')
  })

  it('split by weight and drop destinations without one', () => {
    const { routes } = translated([
      {
        route: [
          { destination: { host: 'hello' }, weight: 90, headers: { request: { set: { host: 'v1.example', 'x-a': '1' } } } },
          { destination: { host: 'hello' }, weight: 0 },
          { destination: { host: 'hello' }, weight: 10 },
        ],
      },
    ])
    expect(routes[0]?.action).toMatchObject({
      target: {
        kind: 'weighted-clusters',
        clusters: [
          {
            weight: 90,
            hostRewriteLiteral: 'v1.example',
            headers: { requestAdd: [{ key: 'x-a', value: '1', append: 'OVERWRITE_IF_EXISTS_OR_ADD' }] },
          },
          { weight: 10 },
        ],
      },
    })
    expect(routes[0]?.operation).toBe('hello:80/*')
  })

  it('rewrite authority by the rule before its headers before its destination', () => {
    const headers = { request: { set: { Host: 'from-headers' } } }
    const destination = [{ destination: { host: 'hello' }, headers: { request: { set: { ':authority': 'from-destination' } } } }]
    const authority = (rule: HttpRoute): unknown =>
      (translated([rule]).routes[0]?.action as { hostRewriteLiteral?: string } | undefined)?.hostRewriteLiteral
    expect(authority({ route: destination, headers, rewrite: { authority: 'from-rewrite' } })).toBe('from-rewrite')
    expect(authority({ route: destination, headers })).toBe('from-headers')
    expect(authority({ route: destination })).toBe('from-destination')
  })

  it('redirect, leaving out the port that the scheme implies and keeping the path where none is given', () => {
    const action = (redirect: HttpRoute['redirect']): unknown => translated([redirect === undefined ? {} : { redirect }]).routes[0]?.action
    expect(action({ authority: 'b.example', port: 443, scheme: 'https' })).toEqual({
      kind: 'redirect',
      schemeRedirect: 'https',
      hostRedirect: 'b.example',
      pathRedirect: '',
    })
    expect(action({ uri: '/new', derivePort: 'FROM_REQUEST_PORT' })).toEqual({ kind: 'redirect', pathRedirect: '/new' })
    expect(action({ uri: '/new', port: 8443, redirectCode: 302 })).toEqual({
      kind: 'redirect',
      pathRedirect: '/new',
      portRedirect: 8443,
      responseCode: 302,
    })
  })

  it('answer directly, with text or bytes', () => {
    const { routes } = translated([
      { match: [{ uri: { exact: '/a' } }], directResponse: { status: 503, body: { string: 'no' } } },
      { directResponse: { status: 204, body: { bytes: 'AAE=' } } },
    ])
    expect(routes.map((entry) => entry.action)).toEqual([
      { kind: 'direct-response', status: 503, body: { text: 'no' } },
      { kind: 'direct-response', status: 204, body: { base64: 'AAE=' } },
    ])
  })

  it('mirror to all that are named, but not to shares of nothing', () => {
    const { routes } = translated([
      {
        route,
        mirror: { host: 'hello' },
        mirrorPercentage: { value: 0.5 },
        mirrors: [{ destination: { host: 'hello' }, percentage: { value: 0 } }, { destination: { host: 'hello' } }],
      },
    ])
    expect(routes[0]?.action).toMatchObject({
      mirrors: [{ fraction: { numerator: 5000, denominator: 'MILLION' } }, { fraction: { numerator: 100, denominator: 'HUNDRED' } }],
    })
  })

  it('inject faults, also with gRPC codes', () => {
    const { routes } = translated([
      { route, fault: { delay: { fixedDelay: '1s', percent: 10 }, abort: { grpcStatus: 'UNAVAILABLE', percentage: { value: 2 } } } },
    ])
    expect(routes[0]?.fault).toEqual({
      delay: { fixedDelayMs: 1000, percentage: { numerator: 10, denominator: 'HUNDRED' } },
      abort: { grpcStatus: 14, percentage: { numerator: 20_000, denominator: 'MILLION' } },
    })
  })

  it('hash by what the DestinationRule names, and then retry on the same host', () => {
    const rule = destinationRule('hello', { host: 'hello', trafficPolicy: { loadBalancer: { consistentHash: { useSourceIp: true } } } })
    const { routes } = translated([{ route }], { destinationRules: [rule] })
    expect(routes[0]?.action).toMatchObject({ hashPolicy: [{ kind: 'source-ip' }] })
    expect(routes[0]?.action).not.toHaveProperty('retryPolicy.previousHosts')
  })
})

describe('problems', () => {
  it('name the field: unknown hosts, subsets and ports', () => {
    const { codes } = translated([
      { match: [{ uri: { exact: '/a' } }], route: [{ destination: { host: 'gone' } }] },
      { match: [{ uri: { exact: '/b' } }], route: [{ destination: { host: 'hello', subset: 'v9' } }] },
      { route: [{ destination: { host: 'hello', port: { number: 9999 } } }], mirror: { host: 'gone' } },
    ])
    expect(codes).toEqual([
      'unknown-host spec.http[0].route[0].destination.host',
      'unknown-subset spec.http[1].route[0].destination.subset',
      'unknown-port spec.http[2].route[0].destination.port',
      'unknown-host spec.http[2].mirror.host',
    ])
  })

  it('leave rules out that lead nowhere', () => {
    const { routes, codes } = translated([{ route: [] }])
    expect(codes).toEqual(['no-destination spec.http[0].route'])
    expect(routes.map((entry) => entry.name)).toEqual(['default'])
  })
})
