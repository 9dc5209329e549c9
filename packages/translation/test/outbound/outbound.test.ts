import { describe, expect, it } from 'vitest'
import type { Listener, RouteConfiguration } from '@heddle/routing'
import type { DestinationRule, MeshSnapshotInput } from '../../src/index.js'
import { destinationRule, named, pod, service, slice, translateFor, virtualService } from '../mesh.js'

const client = pod('client-1', '10.1.0.9')

function routes(input: MeshSnapshotInput, name: string): RouteConfiguration {
  return named(translateFor(client, input).config.routeConfigurations, name)
}

describe('outbound listeners', () => {
  it('are one for everybody on HTTP ports, and one per address on the others', () => {
    const hello = service('hello', {
      ports: [
        { name: 'http', port: 80 },
        { name: 'tcp', port: 81 },
        { name: 'any', port: 82 },
      ],
    })
    const { listeners } = translateFor(client, { services: [hello] }).config
    expect(listeners.map((listener) => listener.name)).toEqual([
      '0.0.0.0_80',
      '10.96.0.10_81',
      '10.96.0.10_82',
      'virtualInbound',
      'virtualOutbound',
    ])
    expect(listeners.filter((listener) => listener.bindToPort === false)).toHaveLength(3)
  })

  it('are one per Pod for headless services that do not speak HTTP, the caller’s own left out', () => {
    const db = service('db', { address: 'None', ports: [{ name: 'tcp', port: 5432 }] })
    const pods = [pod('db-0', '10.1.0.20'), pod('db-1', '10.1.0.21'), client]
    const { config } = translateFor(client, { services: [db], endpointSlices: [slice(db, { tcp: 5432 }, pods)], pods })
    expect(config.listeners.map((listener) => listener.name)).toEqual([
      '10.1.0.20_5432',
      '10.1.0.21_5432',
      'virtualInbound',
      'virtualOutbound',
    ])
    expect(named(config.clusters, 'outbound|5432||db.default.svc.cluster.local')).toMatchObject({
      type: 'ORIGINAL_DST',
      lbPolicy: 'CLUSTER_PROVIDED',
    })
    expect(config.endpoints).toEqual([])
  })

  it('report two services on one address and port, and keep the first', () => {
    const ports = [{ name: 'tcp', port: 90 }]
    const { config, issues } = translateFor(client, { services: [service('a', { ports }), service('b', { ports })] })
    expect(named(config.listeners, '10.96.0.10_90').filterChains).toHaveLength(1)
    expect(issues).toMatchObject([{ code: 'port-conflict', resource: { name: 'b' } }])
  })

  it('refuse unknown destinations under REGISTRY_ONLY', () => {
    const { config } = translateFor(client, { services: [service('hello')], meshConfig: { outboundTrafficPolicy: 'REGISTRY_ONLY' } })
    const last = named(config.listeners, 'virtualOutbound').filterChains.at(-1)?.filters.at(-1)
    expect(last).toMatchObject({ kind: 'tcp-proxy', proxy: { target: { cluster: 'BlackHoleCluster' } } })
    expect(named(config.routeConfigurations, '80').virtualHosts.at(-1)).toMatchObject({
      name: 'block_all',
      routes: [{ action: { status: 502 } }],
    })
  })

  it('have no access log when the mesh has none', () => {
    const { listeners } = translateFor(client, { services: [service('hello')], meshConfig: { accessLogFile: '' } }).config
    expect(JSON.stringify(listeners)).not.toContain('accessLog')
  })
})

describe('names by which services are called', () => {
  it('are short only within the namespace, and the service of another namespace keeps its own', () => {
    const input = { services: [service('hello'), service('hello', { namespace: 'shop', address: '10.96.0.11' })] }
    const hosts = routes(input, '80').virtualHosts
    expect(named(hosts, 'hello.default.svc.cluster.local:80').domains).toContain('hello')
    expect(named(hosts, 'hello.shop.svc.cluster.local:80').domains).toEqual([
      'hello.shop.svc.cluster.local',
      'hello.shop.svc.cluster.local.',
      'hello.shop',
      'hello.shop.svc',
      '10.96.0.11',
    ])
  })

  it('are hidden by exportTo', () => {
    const { config } = translateFor(client, {
      services: [service('secret', { namespace: 'shop', exportTo: '.' }), service('open', { namespace: 'shop' })],
    })
    expect(config.clusters.some((cluster) => cluster.name.includes('secret'))).toBe(false)
    expect(config.clusters.some((cluster) => cluster.name.includes('open'))).toBe(true)
  })
})

describe('VirtualServices of the mesh', () => {
  const hello = service('hello')
  const to = (host: string): { route: { destination: { host: string } }[] } => ({ route: [{ destination: { host } }] })

  it('apply in all namespaces they are exported to, with short names relative to their own', () => {
    const owner = virtualService('hello', { hosts: ['hello'], http: [to('hello')], exportTo: ['.'] }, { namespace: 'shop' })
    const shop = service('hello', { namespace: 'shop', address: '10.96.0.11' })
    expect(
      named(routes({ services: [shop], virtualServices: [owner] }, '80').virtualHosts, 'hello.shop.svc.cluster.local:80').routes[0]?.name,
    ).toBe('default')
    const open = { ...owner, spec: { ...owner.spec, exportTo: ['*'] } }
    const route = named(routes({ services: [shop], virtualServices: [open] }, '80').virtualHosts, 'hello.shop.svc.cluster.local:80')
      .routes[0]
    expect(route?.metadata).toEqual({ istio: { config: '/apis/networking.istio.io/v1/namespaces/shop/virtual-service/hello' } })
  })

  it('of which the oldest wins for a host, and an exact host before a wildcard; losers are reported', () => {
    const older = virtualService('older', { hosts: ['hello'], http: [{ ...to('hello'), name: 'older' }] })
    const newer = virtualService(
      'newer',
      { hosts: ['hello'], http: [{ ...to('hello'), name: 'newer' }] },
      { createdAt: '2026-02-01T00:00:00Z' },
    )
    const wide = virtualService(
      'wide',
      { hosts: ['*.default.svc.cluster.local'], http: [{ ...to('hello'), name: 'wide' }] },
      { createdAt: '2025-01-01T00:00:00Z' },
    )
    const { config, issues } = translateFor(client, { services: [hello], virtualServices: [newer, wide, older] })
    expect(named(named(config.routeConfigurations, '80').virtualHosts, 'hello.default.svc.cluster.local:80').routes[0]?.name).toBe('older')
    expect(issues).toMatchObject([{ code: 'duplicate-host', resource: { name: 'newer' } }])
  })

  it('of which two for one host outside of the registry, or two services on one address, leave the second without it', () => {
    const owner = (name: string): ReturnType<typeof virtualService> => virtualService(name, { hosts: ['x.example'], http: [to('hello')] })
    const twin = service('twin')
    const { config, issues } = translateFor(client, { services: [hello, twin], virtualServices: [owner('a'), owner('b')] })
    const hosts = named(config.routeConfigurations, '80').virtualHosts
    expect(hosts.filter((host) => host.name === 'x.example:80')).toHaveLength(1)
    expect(issues.map((issue) => [issue.code, issue.resource.kind, issue.resource.name])).toEqual([
      ['duplicate-domain', 'VirtualService', 'b'],
      ['duplicate-domain', 'Service', 'twin'],
    ])
  })

  it('take a name of a service that they write their own way from it', () => {
    const owner = virtualService('hello', { hosts: ['hello.default'], http: [{ ...to('hello'), name: 'mine' }] })
    const hosts = routes({ services: [hello], virtualServices: [owner] }, '80').virtualHosts
    expect(named(hosts, 'hello.default:80')).toMatchObject({ domains: ['hello.default'], routes: [{ name: 'mine' }] })
    expect(named(hosts, 'hello.default.svc.cluster.local:80').domains).not.toContain('hello.default')
  })

  it('are bound to the mesh when their list of gateways is empty', () => {
    const owner = virtualService('hello', { hosts: ['hello'], gateways: [], http: [{ ...to('hello'), name: 'mine' }] })
    const host = named(routes({ services: [hello], virtualServices: [owner] }, '80').virtualHosts, 'hello.default.svc.cluster.local:80')
    expect(host.routes.map((route) => route.name)).toEqual(['mine'])
  })

  it('decide on TCP by age, not by how narrow their hosts are', () => {
    const db = service('db', { ports: [{ name: 'tcp', port: 90 }] })
    const target = (subset: string) => [{ route: [{ destination: { host: 'db', subset } }] }]
    const narrow = virtualService('narrow', { hosts: ['db'], tcp: target('new') }, { createdAt: '2026-02-01T00:00:00Z' })
    const wide = virtualService('wide', { hosts: ['*.default.svc.cluster.local'], tcp: target('old') })
    const { config } = translateFor(client, { services: [db], virtualServices: [narrow, wide] })
    expect(named(config.listeners, '10.96.0.10_90').filterChains[0]?.filters.at(-1)).toMatchObject({
      proxy: { target: { cluster: 'outbound|90|old|db.default.svc.cluster.local' } },
    })
  })

  it('that match only other clients leave the service its default route', () => {
    const owner = virtualService('hello', { hosts: ['hello'], http: [{ ...to('gone'), match: [{ sourceLabels: { app: 'other' } }] }] })
    const host = named(routes({ services: [hello], virtualServices: [owner] }, '80').virtualHosts, 'hello.default.svc.cluster.local:80')
    expect(host.routes.map((route) => route.name)).toEqual(['default'])
  })

  it('see the client’s labels and namespace', () => {
    const match = [{ sourceLabels: { app: 'client' }, sourceNamespace: 'default' }]
    const owner = virtualService('hello', { hosts: ['hello'], http: [{ ...to('hello'), name: 'mine', match }] })
    const host = named(routes({ services: [hello], virtualServices: [owner] }, '80').virtualHosts, 'hello.default.svc.cluster.local:80')
    expect(host.routes.map((route) => route.name)).toEqual(['mine'])
  })

  it('route TLS by server name where the port is TLS, and leave the rest refused', () => {
    const secure = service('secure', { ports: [{ name: 'tls', port: 443 }] })
    const owner = virtualService('secure', {
      hosts: ['secure'],
      tls: [{ match: [{ port: 443, sniHosts: ['a.example'] }], route: [{ destination: { host: 'secure', subset: 'a' } }] }],
    })
    const { config, issues } = translateFor(client, { services: [secure], virtualServices: [owner] })
    const listener = named(config.listeners, '10.96.0.10_443')
    expect(listener.listenerFilters).toEqual([{ kind: 'tls-inspector' }])
    expect(listener.filterChains.map((chain) => chain.match)).toEqual([{ serverNames: ['a.example'] }])
    expect(issues).toMatchObject([{ code: 'unknown-subset', path: 'spec.tls[0].route[0].destination.subset' }])
  })

  it('split TCP by weight and by the destination’s subnet', () => {
    const db = service('db', { ports: [{ name: 'tcp', port: 5432 }] })
    const route = [
      { destination: { host: 'db', port: { number: 5432 } }, weight: 3 },
      { destination: { host: 'db', port: { number: 5432 } }, weight: 1 },
    ]
    const owner = virtualService('db', { hosts: ['db'], tcp: [{ match: [{ destinationSubnets: ['10.96.0.0/16'] }], route }] })
    const { filterChains } = named(translateFor(client, { services: [db], virtualServices: [owner] }).config.listeners, '10.96.0.10_5432')
    expect(filterChains.map((chain) => chain.match?.prefixRanges)).toEqual([[{ addressPrefix: '10.96.0.0', prefixLength: 16 }], undefined])
    expect(filterChains[0]?.filters.at(-1)).toMatchObject({
      proxy: { statPrefix: 'db.default', target: { clusters: [{ weight: 3 }, { weight: 1 }] } },
    })
  })

  it('end TCP connections after the idle time and the life that the rule gives them', () => {
    const db = service('db', { ports: [{ name: 'tcp', port: 5432 }] })
    const tcp = { idleTimeout: '0s', maxConnectionDuration: '2h' }
    const rule = destinationRule('db', { host: 'db', trafficPolicy: { connectionPool: { tcp } } })
    const route = [1, 3].map((weight) => ({ destination: { host: 'db' }, weight }))
    const split = virtualService('db', { hosts: ['db'], tcp: [{ route }] })
    const last = { proxy: { idleTimeoutMs: 0, maxConnectionDurationMs: 7_200_000 } }
    for (const virtualServices of [[], [split]]) {
      const { listeners } = translateFor(client, { services: [db], destinationRules: [rule], virtualServices }).config
      expect(named(listeners, '10.96.0.10_5432').filterChains[0]?.filters.at(-1)).toMatchObject(last)
    }
  })

  it('keep a client of TCP with its endpoint where the rule hashes its address', () => {
    const db = service('db', { ports: [{ name: 'tcp', port: 5432 }] })
    const hashing = destinationRule('db', { host: 'db', trafficPolicy: { loadBalancer: { consistentHash: { useSourceIp: true } } } })
    const chainsOf = (rules: readonly DestinationRule[]): Listener =>
      named(translateFor(client, { services: [db], destinationRules: rules }).config.listeners, '10.96.0.10_5432')
    expect(chainsOf([hashing]).filterChains[0]?.filters.at(-1)).toMatchObject({ proxy: { hashesSourceIp: true } })
    expect(chainsOf([]).filterChains[0]?.filters.at(-1)).not.toHaveProperty('proxy.hashesSourceIp')
  })
})
