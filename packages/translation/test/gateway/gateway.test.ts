import { describe, expect, it } from 'vitest'
import type { MeshSnapshotInput, Translation } from '../../src/index.js'
import { createMeshSnapshot, translate } from '../../src/index.js'
import { gateway, named, nodeOf, pod, service, translateFor, virtualService } from '../mesh.js'

const edge = pod('gateway-1', '10.1.0.30', { namespace: 'istio-system', sidecar: false })
const edgeService = service('gateway', {
  namespace: 'istio-system',
  address: '10.96.0.30',
  ports: [
    { name: 'http2', port: 80, targetPort: 8080 },
    { name: 'https', port: 443, targetPort: 8443 },
  ],
})
const hello = service('hello')
const toHello = { route: [{ destination: { host: 'hello' } }] }
const http = { number: 80, name: 'http', protocol: 'HTTP' }

function translated(input: MeshSnapshotInput): Translation {
  return translateFor(edge, { ...input, services: [hello, edgeService, ...(input.services ?? [])] }, 'router')
}

describe('gateway listeners', () => {
  it('are on the targetPort of the workload’s own Service, else on the port declared', () => {
    const { config } = translated({
      gateways: [
        gateway('a', [
          { port: http, hosts: ['*'] },
          { port: { ...http, number: 9000 }, hosts: ['*'] },
        ]),
      ],
    })
    expect(config.listeners.map((listener) => listener.name)).toEqual(['0.0.0.0_8080', '0.0.0.0_9000'])
    expect(config.routeConfigurations.map((routes) => routes.name)).toEqual(['http.8080', 'http.9000'])
  })

  it('are opened by Gateways whose selector fits only', () => {
    const other = {
      ...gateway('other', [{ port: http, hosts: ['*'] }]),
      spec: { selector: { app: 'other' }, servers: [{ port: http, hosts: ['*'] }] },
    }
    expect(translated({ gateways: [other] }).config.listeners).toEqual([])
  })

  it('tell TLS servers apart by name, and take the certificate from the credential', () => {
    const servers = [
      {
        port: { number: 443, name: 'a', protocol: 'HTTPS' },
        hosts: ['b.example', 'shop/a.example'],
        tls: { mode: 'SIMPLE', credentialName: 'cert' },
      },
      {
        port: { number: 443, name: 'any', protocol: 'HTTPS' },
        hosts: ['*'],
        tls: { mode: 'OPTIONAL_MUTUAL', credentialName: 'any', minProtocolVersion: 'TLSV1_3' },
      },
    ] as const
    const chains = named(translated({ gateways: [gateway('a', servers)] }).config.listeners, '0.0.0.0_8443').filterChains
    expect(chains.map((chain) => chain.match)).toEqual([{ serverNames: ['a.example', 'b.example'] }, undefined])
    expect(chains[0]?.tls).toEqual({
      common: { alpnProtocols: ['h2', 'http/1.1'], certificates: [{ name: 'kubernetes://cert', source: 'ads' }] },
      requireClientCertificate: false,
    })
    expect(chains[1]?.tls).toMatchObject({
      common: { minVersion: 'TLSv1_3', validation: { roots: { name: 'kubernetes://any-cacert' } } },
      requireClientCertificate: false,
    })
  })

  it('carry the rules of delegates', () => {
    const to = (host: string) => [{ destination: { host } }]
    const root = virtualService('root', {
      hosts: ['*'],
      gateways: ['a'],
      http: [{ match: [{ uri: { prefix: '/a' } }], delegate: { name: 'leaf' } }],
    })
    const leaf = virtualService('leaf', { http: [{ name: 'leaf', match: [{ uri: { prefix: '/a/b' } }], route: to('hello') }] })
    const { config, issues } = translate(
      createMeshSnapshot({
        services: [edgeService, service('hello')],
        pods: [edge],
        gateways: [gateway('a', [{ port: http, hosts: ['*'] }])],
        virtualServices: [root, leaf],
      }),
      nodeOf(edge, 'router'),
    )
    expect(issues).toEqual([])
    expect(config.routeConfigurations[0]?.virtualHosts[0]?.routes).toMatchObject([
      { name: 'leaf', match: { path: { value: '/a/b' } }, action: { target: { cluster: 'outbound|80||hello.default.svc.cluster.local' } } },
    ])
  })

  it('are left out when they pin the certificates of clients, rather than let others in', () => {
    const tls = { mode: 'MUTUAL', credentialName: 'c', verifyCertificateHash: ['ab'.repeat(32)] } as const
    const servers = [{ port: { number: 443, name: 'a', protocol: 'HTTPS' }, hosts: ['a.example'], tls }]
    const snapshot = createMeshSnapshot({ services: [edgeService], pods: [edge], gateways: [gateway('a', servers)] })
    const { config, issues } = translate(snapshot, nodeOf(edge, 'router'))
    expect(config.listeners).toEqual([])
    expect(issues).toMatchObject([{ code: 'unsupported', severity: 'error', path: 'spec.servers[0]' }])
  })

  it('refuse a second protocol on a port, a taken server name, and ports that the Pod may not bind', () => {
    const tls = { mode: 'SIMPLE', credentialName: 'c' } as const
    const servers = [
      { port: http, hosts: ['*'] },
      { port: { number: 80, name: 'tcp', protocol: 'TCP' }, hosts: ['*'] },
      { port: { number: 443, name: 'a', protocol: 'HTTPS' }, hosts: ['a.example'], tls },
      { port: { number: 443, name: 'b', protocol: 'HTTPS' }, hosts: ['a.example'], tls },
      { port: { number: 81, name: 'low', protocol: 'HTTP' }, hosts: ['*'] },
    ]
    const snapshot = createMeshSnapshot({ services: [edgeService], pods: [edge], gateways: [gateway('a', servers)] })
    const { config, issues } = translate(snapshot, nodeOf(edge, 'router', { UNPRIVILEGED_POD: 'true' }))
    expect(config.listeners.map((listener) => listener.name)).toEqual(['0.0.0.0_8080', '0.0.0.0_8443'])
    expect(issues.map((issue) => [issue.code, issue.path])).toEqual([
      ['port-conflict', 'spec.servers[1]'],
      ['port-conflict', 'spec.servers[3]'],
      ['unbindable-port', 'spec.servers[4]'],
    ])
  })

  it('forward TCP, opened TLS and TLS by server name', () => {
    const servers = [
      { port: { number: 5000, name: 'tcp', protocol: 'TCP' }, hosts: ['*'] },
      { port: { number: 5001, name: 'tls', protocol: 'TLS' }, hosts: ['a.example'], tls: { mode: 'SIMPLE', credentialName: 'c' } },
      { port: { number: 5002, name: 'pass', protocol: 'TLS' }, hosts: ['*.example'], tls: { mode: 'PASSTHROUGH' } },
    ] as const
    const owner = virtualService('a', {
      hosts: ['a.example'],
      gateways: ['a'],
      tcp: [{ match: [{ port: 5000 }, { port: 5001 }], ...toHello }],
      tls: [{ match: [{ port: 5002, sniHosts: ['a.example'] }], ...toHello }],
    })
    const { listeners } = translated({ gateways: [gateway('a', servers)], virtualServices: [owner] }).config
    expect(
      listeners.map((listener) => [listener.name, listener.filterChains[0]?.match, listener.filterChains[0]?.tls !== undefined]),
    ).toEqual([
      ['0.0.0.0_5000', undefined, false],
      ['0.0.0.0_5001', { serverNames: ['a.example'] }, true],
      ['0.0.0.0_5002', { serverNames: ['a.example'] }, false],
    ])
    expect(listeners[0]?.filterChains[0]?.filters.at(-1)).toMatchObject({
      proxy: { target: { cluster: 'outbound|80||hello.default.svc.cluster.local' } },
    })
  })
})

describe('gateway routes', () => {
  const a = gateway('a', [{ port: http, hosts: ['a.example', 'shop/b.example', './c.example'] }])

  function hosts(input: MeshSnapshotInput): readonly (readonly string[])[] {
    const [routes] = translated({ gateways: [a], ...input }).config.routeConfigurations
    return (routes?.virtualHosts ?? []).map((host) => [host.name, ...host.domains])
  }

  const bound = (name: string, on: readonly string[], namespace: string): ReturnType<typeof virtualService> =>
    virtualService(name, { hosts: on, gateways: ['default/a'], http: [toHello] }, { namespace })

  it('take a host from a VirtualService only where the server allows its namespace', () => {
    const all = ['a.example', 'b.example', 'c.example', 'd.example']
    expect(hosts({ virtualServices: [bound('x', all, 'default')] })).toEqual([['a.example:80', 'a.example', 'c.example']])
    expect(hosts({ virtualServices: [bound('x', all, 'shop')] })).toEqual([['a.example:80', 'a.example', 'b.example']])
  })

  it('answer 404 where nothing is bound', () => {
    expect(hosts({})).toEqual([['blackhole:80', '*']])
  })

  it('add up for one host, with catch-alls last', () => {
    const first = bound('first', ['a.example'], 'default')
    const second = virtualService('second', {
      hosts: ['*'],
      gateways: ['a'],
      http: [{ name: 'narrow', match: [{ uri: { prefix: '/n' } }], ...toHello }],
    })
    const [routes] = translated({ gateways: [a], virtualServices: [first, second] }).config.routeConfigurations
    expect(named(routes?.virtualHosts ?? [], 'a.example:80').routes.map((route) => route.name ?? 'all')).toEqual(['narrow', 'all'])
  })

  it('redirect to https even where nothing is routed', () => {
    const redirecting = gateway('a', [{ port: http, hosts: ['*/a.example'], tls: { httpsRedirect: true } }])
    const [routes] = translated({ gateways: [redirecting] }).config.routeConfigurations
    expect(routes?.virtualHosts).toMatchObject([{ name: 'a.example:80', domains: ['a.example'], requireTls: 'ALL', routes: [] }])
  })

  it('carry several Gateways on one port', () => {
    const b = gateway('b', [{ port: http, hosts: ['z.example'] }])
    const other = virtualService('z', { hosts: ['z.example'], gateways: ['b'], http: [toHello] })
    expect(hosts({ gateways: [a, b], virtualServices: [bound('x', ['a.example'], 'default'), other] })).toEqual([
      ['a.example:80', 'a.example'],
      ['z.example:80', 'z.example'],
    ])
  })

  it('report a Gateway that does not exist and hosts that it does not offer', () => {
    const { issues } = translated({
      gateways: [a],
      virtualServices: [
        bound('x', ['nowhere.example'], 'default'),
        virtualService('y', { hosts: ['*'], gateways: ['typo'], http: [toHello] }),
      ],
    })
    expect(issues.map((issue) => [issue.code, issue.resource.name, issue.path])).toEqual([
      ['unknown-host', 'x', 'spec.hosts'],
      ['unknown-gateway', 'y', 'spec.gateways[0]'],
    ])
  })
})
