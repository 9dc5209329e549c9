/** What holds for every configuration whatever the resources say: Envoy refuses one that breaks it, or requests go nowhere. */
import { describe, expect, it } from 'vitest'
import { createSeededRandom } from '@heddle/base/testing'
import type { Route, ProxyConfig } from '@heddle/routing'
import { createMeshSnapshot, translate, type MeshSnapshotInput, type Pod } from '../src/index.js'
import { destinationRule, gateway, nodeOf, peerAuthentication, pod, service, slice, virtualService } from './mesh.js'

const seed = 20_260_101
const rounds = 150

type Pick = <T>(values: readonly T[]) => T

interface Mesh {
  readonly input: MeshSnapshotInput
  readonly pods: readonly Pod[]
}

const names = ['a', 'b', 'c'] as const
const namespaces = ['default', 'shop'] as const
const portNames = ['http', 'tcp', 'grpc', 'tls', 'any', 'https'] as const
const modes = ['STRICT', 'PERMISSIVE', 'DISABLE', 'UNSET'] as const

function randomMesh(pick: Pick): Mesh {
  const services = names.flatMap((name, index) =>
    namespaces.map((namespace) =>
      service(name, {
        namespace,
        address: pick(['None', `10.96.${namespaces.indexOf(namespace)}.${index}`]),
        ports: [
          { name: pick(portNames), port: pick([80, 443, 8080]), targetPort: pick([8080, 9090]) },
          { name: `${pick(portNames)}-x`, port: 90, targetPort: pick([8080, 7070]) },
        ],
        exportTo: pick(['*', '.', 'shop']),
        createdAt: pick(['2026-01-01', '2026-01-02']),
      }),
    ),
  )
  const pods = [
    ...names.flatMap((name, index) =>
      namespaces.map((namespace) =>
        pod(`${name}-1`, `10.1.${namespaces.indexOf(namespace)}.${index}`, { namespace, sidecar: pick([true, false]) }),
      ),
    ),
    pod('gateway-1', '10.1.9.9', { namespace: 'istio-system' }),
  ]
  const endpointSlices = services.map((of, index) => {
    const [first, second] = of.spec?.ports ?? []
    return slice(of, { [first?.name ?? '']: 8080, [second?.name ?? '']: 9090 }, [pods[index] ?? pod('x', '10.1.8.8')])
  })
  const host = (): string => pick(['a', 'b', 'c', 'a.shop', '*', '*.default.svc.cluster.local', 'x.example'])
  const destination = (): { host: string; subset?: string } => ({
    host: pick(['a', 'b.shop.svc.cluster.local', 'gone']),
    ...pick([{}, { subset: 'v1' }]),
  })
  const virtualServices = ['v', 'w', 'x'].map((name) =>
    virtualService(
      name,
      {
        hosts: [host(), host()],
        gateways: pick([['mesh'], ['edge'], ['mesh', 'default/edge'], ['none']]),
        http: [
          {
            match: [{ uri: { prefix: pick(['/', '/x']) } }, { port: pick([80, 81]) }],
            route: [
              { destination: destination(), weight: pick([0, 1]) },
              { destination: destination(), weight: 2 },
            ],
          },
          pick([{ redirect: { uri: '/y' } }, { route: [{ destination: destination() }] }]),
        ],
        tls: [{ match: [{ port: 443, sniHosts: [pick(['a.example', '*.example'])] }], route: [{ destination: destination() }] }],
        tcp: [{ match: [{ port: 90 }, { destinationSubnets: ['10.0.0.0/8'] }], route: [{ destination: destination() }] }],
      },
      { namespace: pick(namespaces), createdAt: pick(['2026-01-01', '2026-01-02']) },
    ),
  )
  return {
    pods,
    input: {
      services,
      pods,
      endpointSlices,
      virtualServices,
      destinationRules: [
        destinationRule(
          'r',
          { host: pick(['a', '*.local', 'b']), subsets: [{ name: 'v1', labels: { app: 'a' } }] },
          { namespace: pick(namespaces) },
        ),
        destinationRule(
          's',
          { host: 'a', trafficPolicy: { tls: { mode: pick(['DISABLE', 'ISTIO_MUTUAL', 'SIMPLE']) } } },
          { namespace: pick(namespaces) },
        ),
      ],
      gateways: [
        gateway('edge', [
          {
            port: { number: pick([80, 443]), name: 'h', protocol: 'HTTP' },
            hosts: [pick(['*', 'x.example', 'shop/*'])],
            ...pick([{}, { tls: { httpsRedirect: true } }]),
          },
          {
            port: { number: 443, name: 's', protocol: pick(['HTTPS', 'TLS']) },
            hosts: ['*.example', 'x.example'],
            tls: { mode: pick(['SIMPLE', 'PASSTHROUGH']), credentialName: 'c' },
          },
          { port: { number: 443, name: 't', protocol: 'HTTPS' }, hosts: ['x.example'], tls: { mode: 'MUTUAL', credentialName: 'd' } },
        ]),
        gateway('two', [{ port: { number: 80, name: 'h', protocol: 'HTTP' }, hosts: ['x.example'] }]),
      ],
      peerAuthentications: [
        peerAuthentication('m', { mtls: { mode: pick(modes) } }, { namespace: 'istio-system' }),
        peerAuthentication('n', {
          selector: { matchLabels: { app: 'a' } },
          mtls: { mode: pick(modes) },
          portLevelMtls: { 8080: { mode: pick(modes) }, 1234: { mode: pick(modes) } },
        }),
      ],
    },
  }
}

function shuffled<T>(values: readonly T[] | undefined, pick: Pick): T[] {
  const rest = [...(values ?? [])]
  const out: T[] = []
  while (rest.length > 0) {
    const chosen = pick(rest)
    rest.splice(rest.indexOf(chosen), 1)
    out.push(chosen)
  }
  return out
}

function unique(values: readonly string[], what: string): void {
  expect(values.length, `${what}: ${values.join(' ')}`).toBe(new Set(values).size)
}

function clustersOf(route: Route): readonly string[] {
  if (route.action.kind !== 'route') return []
  const { target, mirrors = [] } = route.action
  return [
    ...(target.kind === 'cluster' ? [target.cluster] : target.clusters.map((cluster) => cluster.name)),
    ...mirrors.map((mirror) => mirror.cluster),
  ]
}

function checkConfig(config: ProxyConfig): void {
  unique(
    config.listeners.map((listener) => listener.name),
    'listeners',
  )
  unique(
    config.clusters.map((cluster) => cluster.name),
    'clusters',
  )
  unique(
    config.routeConfigurations.map((routes) => routes.name),
    'route configurations',
  )
  const named = new Set<string>()
  for (const listener of config.listeners) {
    unique(
      listener.filterChains.map((chain) => JSON.stringify(chain.match ?? {})),
      `chain matches of ${listener.name}`,
    )
    for (const chain of [...listener.filterChains, ...(listener.defaultFilterChain ? [listener.defaultFilterChain] : [])]) {
      const last = chain.filters.at(-1)
      if (last?.kind === 'http-connection-manager' && last.manager.routes.kind === 'rds') named.add(last.manager.routes.routeConfigName)
      else expect(['tcp-proxy', 'http-connection-manager']).toContain(last?.kind)
    }
  }
  expect([...named].toSorted()).toEqual(config.routeConfigurations.map((routes) => routes.name).toSorted())
  for (const routes of config.routeConfigurations) {
    unique(
      routes.virtualHosts.map((host) => host.name),
      `virtual hosts of ${routes.name}`,
    )
    unique(
      routes.virtualHosts.flatMap((host) => host.domains.map((domain) => domain.toLowerCase())),
      `domains of ${routes.name}`,
    )
  }
  const eds = config.clusters.filter((cluster) => cluster.type === 'EDS').map((cluster) => cluster.name)
  expect(config.endpoints.map((assignment) => assignment.clusterName)).toEqual(eds)
}

describe(`any mesh (seed ${seed})`, () => {
  const random = createSeededRandom(seed)
  const pick: Pick = (values) => {
    const value = values[Math.floor(random.next() * values.length)]
    if (value === undefined) throw new Error('nothing to pick from')
    return value
  }

  it('gives configurations with unique names, domains and chain matches, that have all routes and endpoints they name', () => {
    for (let round = 0; round < rounds; round += 1) {
      const { input, pods } = randomMesh(pick)
      const snapshot = createMeshSnapshot(input)
      for (const of of pods) checkConfig(translate(snapshot, nodeOf(of, of.metadata.name === 'gateway-1' ? 'router' : 'sidecar')).config)
    }
  })

  it('gives routes only to clusters that exist, except where an issue says so', () => {
    for (let round = 0; round < rounds; round += 1) {
      const { input, pods } = randomMesh(pick)
      const snapshot = createMeshSnapshot(input)
      for (const of of pods.slice(0, 2)) {
        const { config, issues } = translate(snapshot, nodeOf(of))
        const known = new Set(config.clusters.map((cluster) => cluster.name))
        const missing = config.routeConfigurations
          .flatMap((routes) => routes.virtualHosts.flatMap((host) => host.routes.flatMap(clustersOf)))
          .filter((cluster) => !known.has(cluster) && !cluster.includes('|80|'))
        if (missing.length > 0)
          expect(
            issues.some((issue) => issue.code.startsWith('unknown-')),
            missing.join(' '),
          ).toBe(true)
      }
    }
  })

  it('does not depend on the order in which objects come', () => {
    for (let round = 0; round < rounds / 3; round += 1) {
      const { input, pods } = randomMesh(pick)
      const other = createMeshSnapshot({
        services: shuffled(input.services, pick),
        pods: shuffled(input.pods, pick),
        endpointSlices: shuffled(input.endpointSlices, pick),
        virtualServices: shuffled(input.virtualServices, pick),
        destinationRules: shuffled(input.destinationRules, pick),
        gateways: shuffled(input.gateways, pick),
        peerAuthentications: shuffled(input.peerAuthentications, pick),
      })
      const snapshot = createMeshSnapshot(input)
      for (const of of pods) {
        const node = nodeOf(of, of.metadata.name === 'gateway-1' ? 'router' : 'sidecar')
        expect(translate(other, node)).toEqual(translate(snapshot, node))
      }
    }
  })
})
