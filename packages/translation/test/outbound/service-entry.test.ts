import { describe, expect, it } from 'vitest'
import type { ServiceEntry, Sidecar, WorkloadEntry } from '../../src/index.js'
import { createMeshSnapshot, nameTable } from '../../src/index.js'
import { named, nodeOf, pod, service, slice, translateFor, virtualService } from '../mesh.js'

function serviceEntry(name: string, spec: NonNullable<ServiceEntry['spec']>, namespace = 'default'): ServiceEntry {
  return { metadata: { name, namespace, creationTimestamp: '2026-01-01T00:00:00Z' }, spec }
}

function sidecar(spec: NonNullable<Sidecar['spec']>, namespace = 'default', name = 'sidecar'): Sidecar {
  return { metadata: { name, namespace }, spec }
}

const sleep = pod('sleep-1', '10.1.0.11')
const https = [{ number: 443, name: 'tls', protocol: 'TLS' }]
const external = serviceEntry('ext', { hosts: ['api.example'], resolution: 'DNS', ports: https })

describe('a ServiceEntry', () => {
  it('is told from others on its port by the server name, and found by DNS', () => {
    const { config } = translateFor(sleep, { serviceEntries: [external] })
    const listener = named(config.listeners, '0.0.0.0_443')
    expect(listener.filterChains.map((chain) => chain.match)).toEqual([{ serverNames: ['api.example'] }])
    expect(listener.listenerFilters).toEqual([{ kind: 'tls-inspector' }])
    const cluster = named(config.clusters, 'outbound|443||api.example')
    expect(cluster).toMatchObject({
      type: 'STRICT_DNS',
      loadAssignment: { localities: [{ endpoints: [{ address: { address: 'api.example', port: 443 } }] }] },
    })
    expect(cluster.transportSocketMatches).toBeUndefined()
  })

  it('with DNS_ROUND_ROBIN keeps to the first answer', () => {
    const entry = serviceEntry('ext', { hosts: ['api.example'], resolution: 'DNS_ROUND_ROBIN', ports: https })
    expect(named(translateFor(sleep, { serviceEntries: [entry] }).config.clusters, 'outbound|443||api.example').type).toBe('LOGICAL_DNS')
  })

  it('with resolution NONE forwards to where the connection was going, from a sidecar', () => {
    const entry = serviceEntry('ext', { hosts: ['*.example'], resolution: 'NONE', ports: https })
    const name = 'outbound|443||*.example'
    expect(named(translateFor(sleep, { serviceEntries: [entry] }).config.clusters, name).type).toBe('ORIGINAL_DST')
    expect(named(translateFor(sleep, { serviceEntries: [entry] }, 'router').config.clusters, name).type).toBe('EDS')
  })

  it('of a block of addresses is told by the destination', () => {
    const ports = [{ number: 5432, name: 'tcp', protocol: 'TCP' }]
    const entry = serviceEntry('db', { hosts: ['db.example'], addresses: ['192.0.2.0/24'], resolution: 'NONE', ports })
    const listener = named(translateFor(sleep, { serviceEntries: [entry] }).config.listeners, '0.0.0.0_5432')
    expect(listener.filterChains[0]?.match).toEqual({ prefixRanges: [{ addressPrefix: '192.0.2.0', prefixLength: 24 }] })
    expect(listener.defaultFilterChain?.name).toBe('PassthroughFilterChain')
  })

  it('of which two want every address of a port is reached at the first only, and the other is reported', () => {
    const ports = [{ number: 5432, name: 'tcp', protocol: 'TCP' }]
    const entries = ['a.example', 'b.example'].map((host) => serviceEntry(host, { hosts: [host], resolution: 'DNS', ports }))
    const { config, issues } = translateFor(sleep, { serviceEntries: entries })
    expect(named(config.listeners, '0.0.0.0_5432').filterChains).toHaveLength(1)
    expect(issues).toMatchObject([{ code: 'port-conflict', resource: { kind: 'ServiceEntry', name: 'b.example' } }])
  })

  it('has Pods and WorkloadEntries that its selector chooses as endpoints, with mutual TLS where there is an account', () => {
    const vm: WorkloadEntry = {
      metadata: { name: 'vm', namespace: 'default' },
      spec: { address: '10.9.0.1', labels: { app: 'db' }, serviceAccount: 'db' },
    }
    const member = pod('db-1', '10.1.0.20', { account: 'db-pod' })
    const entry = serviceEntry('db', {
      hosts: ['db.internal'],
      addresses: ['240.0.0.9'],
      location: 'MESH_INTERNAL',
      resolution: 'STATIC',
      ports: [{ number: 5432, name: 'tcp', protocol: 'TCP', targetPort: 15_432 }],
      workloadSelector: { labels: { app: 'db' } },
    })
    const input = { serviceEntries: [entry], workloadEntries: [vm], pods: [member] }
    const { config } = translateFor(sleep, input)
    const endpoints = config.endpoints[0]?.localities.flatMap((locality) => locality.endpoints) ?? []
    expect(endpoints.map(({ address, metadata }) => [address.address, address.port, metadata?.['envoy.transport_socket_match']])).toEqual([
      ['10.1.0.20', 15_432, { tlsMode: 'istio' }],
      ['10.9.0.1', 15_432, { tlsMode: 'istio' }],
    ])
    const inbound = translateFor(member, input).config.clusters.map((cluster) => cluster.name)
    expect(inbound).toContain('inbound|15432||')
  })

  it('is an endpoint source of a Service, too, where a WorkloadEntry has its labels', () => {
    const db = service('db', { ports: [{ name: 'tcp', port: 5432 }] })
    const member = pod('db-1', '10.1.0.20')
    const vm: WorkloadEntry = {
      metadata: { name: 'vm', namespace: 'default' },
      spec: { address: '10.9.0.1', labels: { app: 'db' }, weight: 4 },
    }
    const { config } = translateFor(sleep, {
      services: [db],
      endpointSlices: [slice(db, { tcp: 5432 }, [member])],
      pods: [member],
      workloadEntries: [vm],
    })
    expect(
      config.endpoints[0]?.localities[0]?.endpoints.map(({ address, loadBalancingWeight }) => [address.address, loadBalancingWeight]),
    ).toEqual([
      ['10.1.0.20', 1],
      ['10.9.0.1', 4],
    ])
  })

  it('of another namespace is not seen where it is not exported, and that of the own namespace goes first', () => {
    const hidden = serviceEntry('hidden', { hosts: ['h.example'], resolution: 'DNS', ports: https, exportTo: ['.'] }, 'other')
    const theirs = serviceEntry('theirs', { hosts: ['api.example'], resolution: 'STATIC', ports: https }, 'another')
    const { config } = translateFor(sleep, { serviceEntries: [hidden, theirs, external] })
    expect(config.clusters.map((cluster) => cluster.name)).not.toContain('outbound|443||h.example')
    expect(named(config.clusters, 'outbound|443||api.example').type).toBe('STRICT_DNS')
  })

  it('adds its ports to an older one for the same host', () => {
    const more = serviceEntry('more', {
      hosts: ['api.example'],
      resolution: 'DNS',
      ports: [{ number: 80, name: 'http', protocol: 'HTTP' }],
    })
    const { config } = translateFor(sleep, { serviceEntries: [external, more] })
    expect(named(config.routeConfigurations, '80').virtualHosts[0]?.domains).toEqual(['api.example', 'api.example.'])
    expect(config.clusters.map((cluster) => cluster.name)).toContain('outbound|443||api.example')
  })

  it('for the name of a Service adds nothing, and that is told', () => {
    const web = service('web')
    const entry = serviceEntry('web', { hosts: ['web.default.svc.cluster.local'], resolution: 'DNS', ports: https })
    const snapshot = createMeshSnapshot({ services: [web], serviceEntries: [entry] })
    expect(snapshot.services).toHaveLength(1)
    expect(snapshot.issues).toMatchObject([{ code: 'duplicate-host', resource: { kind: 'ServiceEntry', name: 'web' } }])
  })

  it('has an address of its own where the proxy answers names, the recorded one before a made-up one', () => {
    const recorded: ServiceEntry = {
      ...serviceEntry('rec', { hosts: ['rec.example'], resolution: 'DNS', ports: https }),
      status: { addresses: [{ value: '240.240.7.7' }] },
    }
    const snapshot = createMeshSnapshot({ serviceEntries: [external, recorded], pods: [sleep] })
    expect(nameTable(snapshot, nodeOf(sleep))).toEqual({})
    const table = nameTable(snapshot, nodeOf(sleep, 'sidecar', { DNS_CAPTURE: 'true' }))
    expect(table['rec.example']).toEqual({ addresses: ['240.240.7.7'], registry: 'External', shortName: '', namespace: 'default' })
    expect(table['api.example']?.addresses[0]).toMatch(/^240\.240\.\d+\.\d+$/)
  })
})

describe('a Sidecar', () => {
  const near = service('near', { address: '10.96.0.1' })
  const far = service('far', { namespace: 'other', address: '10.96.0.2' })
  const farHost = 'far.other.svc.cluster.local'
  const clustersOf = (sidecars: readonly Sidecar[], extra: object = {}): readonly string[] =>
    translateFor(sleep, { services: [near, far], sidecars, ...extra })
      .config.clusters.map((cluster) => cluster.name)
      .filter((name) => name.startsWith('outbound|'))

  it('leaves only the services that its egress hosts name', () => {
    expect(clustersOf([])).toHaveLength(2)
    expect(clustersOf([sidecar({ egress: [{ hosts: ['./*'] }] })])).toEqual(['outbound|80||near.default.svc.cluster.local'])
    expect(clustersOf([sidecar({ egress: [{ hosts: ['~/*'] }] })])).toEqual([])
    expect(clustersOf([sidecar({ egress: [{ hosts: ['other/*.other.svc.cluster.local'] }] })])).toEqual([`outbound|80||${farHost}`])
  })

  it('that selects the workload goes before that of its namespace, and that before the one of the root namespace', () => {
    const all = [
      sidecar({ egress: [{ hosts: ['other/*'] }] }, 'istio-system'),
      sidecar({ egress: [{ hosts: ['~/*'] }] }),
      sidecar({ workloadSelector: { labels: { app: 'sleep' } }, egress: [{ hosts: ['./*'] }] }, 'default', 'own'),
      sidecar({ workloadSelector: { labels: { app: 'other' } }, egress: [{ hosts: ['*/*'] }] }, 'default', 'others'),
    ]
    expect(clustersOf(all)).toEqual(['outbound|80||near.default.svc.cluster.local'])
    expect(clustersOf(all.slice(0, 2))).toEqual([])
    expect(clustersOf(all.slice(0, 1))).toEqual([`outbound|80||${farHost}`])
  })

  it('knows what the routes that it imports lead to, without a listener for it', () => {
    const routes = virtualService('near', { hosts: ['near'], http: [{ route: [{ destination: { host: farHost } }] }] })
    const { config } = translateFor(sleep, {
      services: [near, far],
      sidecars: [sidecar({ egress: [{ hosts: ['./*'] }] })],
      virtualServices: [routes],
    })
    expect(config.clusters.map((cluster) => cluster.name)).toContain(`outbound|80||${farHost}`)
    expect(named(config.routeConfigurations, '80').virtualHosts.map((host) => host.name)).toEqual([
      'near.default.svc.cluster.local:80',
      'allow_any',
    ])
  })

  it('gives a port to the listener that names it', () => {
    const two = service('two', {
      address: '10.96.0.3',
      ports: [
        { name: 'http', port: 80 },
        { name: 'http-alt', port: 8080 },
      ],
    })
    const egress = [{ port: { number: 8080, protocol: 'HTTP', name: 'http' }, hosts: ['other/*'] }, { hosts: ['./*'] }]
    const { config } = translateFor(sleep, { services: [two], sidecars: [sidecar({ egress })] })
    expect(config.routeConfigurations.map((routes) => routes.name)).toEqual(['80'])
  })

  it('says what happens to unknown hosts; without a policy the mesh does', () => {
    const lastHost = (policy: object): string | undefined =>
      named(translateFor(sleep, { services: [near], sidecars: [sidecar(policy)] }).config.routeConfigurations, '80').virtualHosts.at(-1)
        ?.name
    expect(lastHost({})).toBe('allow_any')
    expect(lastHost({ outboundTrafficPolicy: {} })).toBe('block_all')
    expect(lastHost({ outboundTrafficPolicy: { mode: 'ALLOW_ANY' } })).toBe('allow_any')
  })
})
