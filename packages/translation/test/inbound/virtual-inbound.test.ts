import { describe, expect, it } from 'vitest'
import type { FilterChain, Listener } from '@heddle/routing'
import type { Container, MeshSnapshotInput, PeerAuthentication } from '../../src/index.js'
import { destinationRule, named, peerAuthentication, pod, service, slice, translateFor } from '../mesh.js'

const hello = service('hello', {
  ports: [
    { name: 'http', port: 80, targetPort: 8080 },
    { name: 'tcp-db', port: 90, targetPort: 9090 },
    { name: 'any', port: 70, targetPort: 7070 },
  ],
})
const helloPod = pod('hello-1', '10.1.0.10')

function inbound(policies: readonly PeerAuthentication[], input: MeshSnapshotInput = { services: [hello] }): Listener {
  return named(translateFor(helloPod, { ...input, peerAuthentications: policies }).config.listeners, 'virtualInbound')
}

/** What a port accepts: `content/transport/alpn`, with `+mtls` where the mesh's TLS ends here. */
function accepts(listener: Listener, port: number | undefined): readonly string[] {
  return listener.filterChains
    .filter((chain) => chain.match?.destinationPort === port)
    .map((chain) => {
      const { transportProtocol, applicationProtocols } = chain.match ?? {}
      return [contentOf(chain), transportProtocol, applicationProtocols?.[0], chain.tls && 'mtls'].filter((part) => part).join(' ')
    })
}

function contentOf(chain: FilterChain): string {
  return chain.filters.at(-1)?.kind === 'http-connection-manager' ? 'http' : 'tcp'
}

describe('the chains of a port', () => {
  it('are the mesh’s TLS and plaintext under PERMISSIVE, the default', () => {
    const listener = inbound([])
    expect(accepts(listener, 8080)).toEqual(['http tls istio mtls', 'http raw_buffer'])
    expect(accepts(listener, 9090)).toEqual(['tcp tls istio mtls', 'tcp tls', 'tcp raw_buffer'])
    expect(accepts(listener, 7070)).toEqual([
      'http tls istio-http/1.0 mtls',
      'http raw_buffer http/1.1',
      'tcp tls istio-peer-exchange mtls',
      'tcp raw_buffer',
      'tcp tls',
    ])
  })

  it('end TCP connections after the time that the rule for the Service gives them', () => {
    const rule = destinationRule('hello', { host: 'hello', trafficPolicy: { connectionPool: { tcp: { maxConnectionDuration: '60s' } } } })
    const chains = inbound([], { services: [hello], destinationRules: [rule] }).filterChains
    const lives = (port: number): unknown[] =>
      chains
        .filter((chain) => chain.match?.destinationPort === port)
        .map((chain) => chain.filters.at(-1))
        .map((filter) => (filter?.kind === 'tcp-proxy' ? filter.proxy.maxConnectionDurationMs : filter?.kind))
    expect(lives(9090)).toEqual([60_000, 60_000, 60_000])
  })

  it('are the mesh’s TLS only under STRICT, also for ports that no Service names', () => {
    const listener = inbound([peerAuthentication('default', { mtls: { mode: 'STRICT' } }, { namespace: 'istio-system' })])
    for (const port of [8080, 9090, 7070, undefined]) {
      for (const chain of accepts(listener, port)) expect(chain).toMatch(/ mtls$/)
    }
    expect(listener.listenerFilters?.map((filter) => filter.kind)).toEqual(['original-dst', 'tls-inspector'])
  })

  it('are plaintext only under DISABLE, and then nothing waits for a ClientHello', () => {
    const listener = inbound([peerAuthentication('default', { mtls: { mode: 'DISABLE' } }, { namespace: 'istio-system' })])
    expect(accepts(listener, 8080)).toEqual(['http raw_buffer'])
    expect(accepts(listener, 9090)).toEqual(['tcp raw_buffer'])
    expect(listener.listenerFilters?.map((filter) => filter.kind)).toEqual(['original-dst', 'http-inspector'])
  })

  it('refuse peers of other trust domains and demand a certificate', () => {
    const chain = inbound([]).filterChains.find((candidate) => candidate.match?.destinationPort === 8080)
    expect(chain?.tls?.requireClientCertificate).toBe(true)
    expect(chain?.tls?.common.validation?.matchSubjectAltNames).toEqual([{ kind: 'prefix', value: 'spiffe://cluster.local/' }])
  })

  it('take peers under former names of the trust domain', () => {
    const renamed = { services: [hello], meshConfig: { trustDomain: 'new.example', trustDomainAliases: ['cluster.local'] } }
    const chain = inbound([], renamed).filterChains.find((candidate) => candidate.match?.destinationPort === 8080)
    expect(chain?.tls?.common.validation?.matchSubjectAltNames?.map(({ value }) => value)).toEqual([
      'spiffe://new.example/',
      'spiffe://cluster.local/',
    ])
  })
})

describe('PeerAuthentication', () => {
  const mesh = peerAuthentication('default', { mtls: { mode: 'STRICT' } }, { namespace: 'istio-system' })
  const namespace = peerAuthentication('default', { mtls: { mode: 'DISABLE' } })
  const workload = peerAuthentication('hello', {
    selector: { matchLabels: { app: 'hello' } },
    mtls: { mode: 'UNSET' },
    portLevelMtls: { 8080: { mode: 'PERMISSIVE' }, 9999: { mode: 'STRICT' }, 7070: { mode: 'UNSET' } },
  })

  it('of the namespace beats the one of the mesh', () => {
    expect(accepts(inbound([mesh, namespace]), 8080)).toEqual(['http raw_buffer'])
  })

  it('of a port beats the one of the workload, which inherits what it leaves unset', () => {
    const listener = inbound([mesh, workload])
    expect(accepts(listener, 8080)).toEqual(['http tls istio mtls', 'http raw_buffer'])
    expect(accepts(listener, 9090)).toEqual(['tcp tls mtls'])
    expect(accepts(listener, 7070)).toEqual(['http tls istio-http/1.0 mtls', 'tcp tls mtls'])
  })

  it('of a port that no Service names gets chains of its own', () => {
    const listener = inbound([workload])
    expect(accepts(listener, 9999)).toEqual(['http tls istio-http/1.0 mtls', 'tcp tls mtls'])
    expect(accepts(listener, undefined)).toHaveLength(5)
  })

  it('of other workloads and other namespaces does not count', () => {
    const other = peerAuthentication('other', { selector: { matchLabels: { app: 'other' } }, mtls: { mode: 'STRICT' } })
    const elsewhere = peerAuthentication('default', { mtls: { mode: 'STRICT' } }, { namespace: 'shop' })
    expect(accepts(inbound([other, elsewhere]), 8080)).toEqual(['http tls istio mtls', 'http raw_buffer'])
  })

  it('counts once per level: the oldest of two', () => {
    const newer = peerAuthentication('newer', { mtls: { mode: 'STRICT' } }, { createdAt: '2026-02-01T00:00:00Z' })
    expect(accepts(inbound([newer, namespace]), 8080)).toEqual(['http raw_buffer'])
  })
})

describe('inbound ports', () => {
  it('are the Service’s targetPort, whatever port the platform bound for it', () => {
    const bound = slice(hello, { http: 20_001, 'tcp-db': 20_002, any: 20_003 }, [helloPod])
    const { config } = translateFor(helloPod, { services: [hello], endpointSlices: [bound] })
    expect(config.clusters.filter((cluster) => cluster.name.startsWith('inbound')).map((cluster) => cluster.name)).toEqual([
      'inbound|7070||',
      'inbound|8080||',
      'inbound|9090||',
    ])
    const endpoints = config.endpoints.find((assignment) => assignment.clusterName === 'outbound|80||hello.default.svc.cluster.local')
    expect(endpoints?.localities[0]?.endpoints[0]?.address).toEqual({ address: '10.1.0.10', port: 20_001 })
  })

  it('with a name are looked up in the containers, native sidecars included; unknown names are reported', () => {
    const byName = service('hello', {
      ports: [
        { name: 'http', port: 80, targetPort: 'web' },
        { name: 'tcp', port: 81, targetPort: 'gone' },
      ],
    })
    const withPorts = pod('hello-1', '10.1.0.10', { containers: [{ name: 'app', ports: [{ name: 'web', containerPort: 3000 }] }] })
    const { config, issues } = translateFor(withPorts, { services: [byName] })
    expect(config.clusters.map((cluster) => cluster.name)).toContain('inbound|3000||')
    expect(issues).toMatchObject([{ code: 'unknown-port', resource: { kind: 'Service', name: 'hello' } }])
  })

  it('with a name are not those of init containers that end, nor of another transport', () => {
    const byName = service('hello', { ports: [{ name: 'http', port: 80, targetPort: 'web' }] })
    const target = (containers: readonly Container[], initContainers: readonly Container[]): readonly string[] => {
      const bare = pod('hello-1', '10.1.0.10', { containers })
      const { config, issues } = translateFor({ ...bare, spec: { ...bare.spec, initContainers } }, { services: [byName] })
      const names = config.clusters.map((cluster) => cluster.name).filter((name) => name.startsWith('inbound|'))
      return [...names, ...issues.map((issue) => issue.code)]
    }
    const web: Container = {
      name: 'app',
      ports: [
        { name: 'web', containerPort: 3001, protocol: 'UDP' },
        { name: 'web', containerPort: 3000 },
      ],
    }
    const migration: Container = { name: 'migration', ports: [{ name: 'web', containerPort: 4000 }] }
    expect(target([web], [])).toEqual(['inbound|3000||'])
    expect(target([{ name: 'app' }], [migration])).toEqual(['unknown-port'])
    expect(target([{ name: 'app' }], [{ ...migration, restartPolicy: 'Always' }])).toEqual(['inbound|4000||'])
  })

  it('belong to the oldest of several Services', () => {
    const newer = service('a-new', {
      selector: { app: 'hello' },
      createdAt: '2026-02-01T00:00:00Z',
      ports: [{ name: 'tcp', port: 1, targetPort: 8080 }],
    })
    const listener = inbound([], { services: [newer, hello] })
    expect(accepts(listener, 8080)).toEqual(['http tls istio mtls', 'http raw_buffer'])
  })
})
