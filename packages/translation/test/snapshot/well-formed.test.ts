import { describe, expect, it } from 'vitest'
import type { MeshSnapshotInput, VirtualService } from '../../src/index.js'
import { createMeshSnapshot, translate } from '../../src/index.js'
import { destinationRule, gateway, named, nodeOf, peerAuthentication, pod, service, virtualService } from '../mesh.js'

const hello = service('hello')
const client = pod('client-1', '10.1.0.9')
const good = virtualService('good', { hosts: ['hello'], http: [{ name: 'good', route: [{ destination: { host: 'hello' } }] }] })

function translated(input: MeshSnapshotInput) {
  const snapshot = createMeshSnapshot({ services: [hello], pods: [client], ...input })
  const { config } = translate(snapshot, nodeOf(client))
  const routes = named(named(config.routeConfigurations, '80').virtualHosts, 'hello.default.svc.cluster.local:80').routes
  return { issues: snapshot.issues, routes: routes.map(({ name }) => name) }
}

describe('a resource of the wrong shape', () => {
  it.each([
    ['spec.http[0]', { hosts: ['hello'], http: [null] }],
    ['spec.http[0].match[0]', { hosts: ['hello'], http: [{ match: [null], route: [] }] }],
    ['spec.http[0].route[0].destination', { hosts: ['hello'], http: [{ route: [{}] }] }],
    ['spec.http[0].timeout', { hosts: ['hello'], http: [{ timeout: 5, route: [] }] }],
    ['spec.hosts', { hosts: 'hello', http: [] }],
  ])('is left out and named: %s', (path, spec) => {
    const bad = virtualService('bad', spec as unknown as NonNullable<VirtualService['spec']>, { createdAt: '2025-01-01T00:00:00Z' })
    const { issues, routes } = translated({ virtualServices: [bad, good] })
    expect(routes).toEqual(['good'])
    expect(issues).toMatchObject([{ code: 'malformed', path, resource: { kind: 'VirtualService', namespace: 'default', name: 'bad' } }])
  })

  it('is found in every kind', () => {
    const { issues } = translated({
      destinationRules: [destinationRule('d', { host: 1 } as never)],
      gateways: [gateway('g', [{ port: { number: '80' }, hosts: [] }] as never)],
      peerAuthentications: [peerAuthentication('p', { mtls: { mode: 'MAYBE' } } as never)],
    })
    expect(issues.map(({ resource, path }) => `${resource.kind} ${path}`)).toEqual([
      'DestinationRule spec.host',
      'Gateway spec.servers[0].port.number',
      'PeerAuthentication spec.mtls.mode',
    ])
  })

  it('is not one with nulls, unknown fields, or a name too few', () => {
    const spec = {
      hosts: ['hello'],
      later: true,
      exportTo: null,
      http: [{ name: 'kept', timeout: null, route: [{ destination: { host: 'hello' } }] }],
    }
    const { issues, routes } = translated({
      virtualServices: [virtualService('v', spec as never)],
      gateways: [{ ...gateway('g', []), spec: { servers: [{ port: { number: 80 }, hosts: ['*'] }] } }],
    })
    expect(issues).toEqual([])
    expect(routes).toEqual(['kept'])
  })
})

it('a resource without effect for anybody is named', () => {
  const external = { ...hello, metadata: { ...hello.metadata, name: 'out' }, spec: { type: 'ExternalName', externalName: 'x.example' } }
  const policy = peerAuthentication('p', { selector: { matchLabels: { app: 'a' } } }, { namespace: 'istio-system' })
  const tls = { mode: 'SIMPLE', credentialName: 'c' } as const
  const rule = destinationRule('d', { host: 'hello', subsets: [{ name: 'v1', trafficPolicy: { tls } }] })
  const selecting = destinationRule('s', { host: 'hello', workloadSelector: {}, trafficPolicy: { tls } })
  const { issues } = translated({ services: [hello, external], peerAuthentications: [policy], destinationRules: [rule, selecting] })
  expect(issues).toMatchObject([
    { code: 'unsupported', resource: { kind: 'Service', name: 'out' }, path: 'spec.type' },
    { code: 'no-effect', resource: { kind: 'PeerAuthentication', name: 'p' }, path: 'spec.selector' },
    { code: 'no-effect', resource: { kind: 'DestinationRule', name: 'd' }, path: 'spec.workloadSelector' },
  ])
})
