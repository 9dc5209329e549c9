/**
 * The simulator and a real engine agree: random meshes and requests, each answered by `simulate` and by proxy-core in memory,
 * with the very configuration that translate makes. The engine's answer is taken before anything would be sent.
 */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { isHeddleError } from '@heddle/base'
import { createProxy, type InjectResponse, type ProxyFilter } from '@heddle/proxy-core'
import {
  createMeshSnapshot,
  translate,
  type HttpMatchRequest,
  type HttpRoute,
  type MeshSnapshot,
  type MeshSnapshotInput,
  type StringMatch,
} from '../../src/index.js'
import { simulate, simulationText, type SimulatedRequest, type Simulation } from '../../src/simulate.js'
import { linearRegex } from '../../src/simulate/linear-regex.js'
import { destinationRule, gateway, nodeOf, pod, service, slice, virtualService } from '../mesh.js'

const seed = 20_261_123
const meshes = 120
const requestsOfMesh = 8

const paths = [
  '/',
  '/api',
  '/api/v1/items',
  '/API',
  '/old/thing',
  '/v2/pears',
  '/x?debug=true',
  '/a%2Fb',
  '/./api/../old',
  '//api',
] as const
const hosts = ['a', 'a.default', 'b', 'b.shop', 'b.shop.svc.cluster.local', 'ext.example', 'other.example', 'A'] as const
const headerValues = ['1', '2', 'beta', ''] as const

const stringMatch = fc.oneof<fc.Arbitrary<StringMatch>[]>(
  fc.record({ exact: fc.constantFrom(...headerValues) }),
  fc.record({ prefix: fc.constantFrom('b', '1') }),
  fc.record({ regex: fc.constantFrom('be.*', '[0-9]', '*') }),
)
const uriMatch = fc.oneof<fc.Arbitrary<StringMatch>[]>(
  fc.record({ exact: fc.constantFrom('/api', '/', '/old/thing') }),
  fc.record({ prefix: fc.constantFrom('/api', '/old/', '/') }),
  fc.record({ regex: fc.constantFrom('/v[0-9]+/([a-z]+)', '.*', '/[^/]*') }),
)
const match: fc.Arbitrary<HttpMatchRequest> = fc.record(
  {
    uri: uriMatch,
    method: fc.record({ exact: fc.constantFrom('GET', 'POST') }),
    authority: fc.record({ prefix: fc.constantFrom('a', 'b') }),
    headers: fc.record({ 'x-user': stringMatch }),
    withoutHeaders: fc.record({ 'x-user': stringMatch }),
    queryParams: fc.record({ debug: fc.record({ exact: fc.constant('true') }) }),
    ignoreUriCase: fc.boolean(),
    port: fc.constantFrom(80, 8080),
    sourceLabels: fc.record({ app: fc.constantFrom('client', 'another') }),
    sourceNamespace: fc.constantFrom('default', 'shop'),
    gateways: fc.constantFrom(['mesh'], ['edge'], ['mesh', 'edge']),
  },
  { requiredKeys: [] },
)
const destination = fc.record(
  {
    host: fc.constantFrom('a', 'b.shop.svc.cluster.local', 'missing'),
    subset: fc.constantFrom('v1', 'v2', 'v9'),
    port: fc.constantFrom({ number: 80 }, { number: 8080 }),
  },
  { requiredKeys: ['host'] },
)
const action: fc.Arbitrary<Partial<HttpRoute>> = fc.oneof<fc.Arbitrary<Partial<HttpRoute>>[]>(
  fc.record({ route: fc.array(fc.record({ destination, weight: fc.constantFrom(0, 1, 30, 70) }), { minLength: 1, maxLength: 3 }) }),
  fc.record({
    redirect: fc.record({
      uri: fc.constantFrom('/gone', ''),
      authority: fc.constantFrom('else.example', ''),
      scheme: fc.constantFrom('https', ''),
    }),
  }),
  fc.record({ directResponse: fc.record({ status: fc.constantFrom(200, 418, 503) }) }),
)
const rewrite = fc.oneof(
  fc.record({ uri: fc.constant('/new/'), authority: fc.constant('renamed.example') }),
  fc.record({ uriRegexRewrite: fc.record({ match: fc.constant('/v[0-9]+/([a-z]+)'), rewrite: fc.constant('/items/\\1') }) }),
)
const rule: fc.Arbitrary<HttpRoute> = fc
  .tuple(fc.array(match, { maxLength: 2 }), action, fc.option(rewrite, { nil: undefined }))
  .map(([matches, act, rewritten]) => ({
    ...act,
    ...(matches.length === 0 ? {} : { match: matches }),
    ...(rewritten === undefined || act.route === undefined ? {} : { rewrite: rewritten }),
  }))

const client = pod('client-1', '10.1.0.11')
const members = [
  pod('a-1', '10.1.0.21', { labels: { version: 'v1' } }),
  pod('b-1', '10.1.0.31', { namespace: 'shop', labels: { version: 'v2' } }),
] as const
const edgePod = pod('gateway-1', '10.1.0.41', { namespace: 'istio-system' })
const ports = [
  { name: 'http', port: 80 },
  { name: 'any', port: 8080 },
]

interface Case {
  readonly input: MeshSnapshotInput
  readonly requests: readonly SimulatedRequest[]
}

const owners = fc.array(
  fc.record({
    hosts: fc.uniqueArray(fc.constantFrom('a', 'b.shop.svc.cluster.local', 'ext.example', '*.example'), { minLength: 1, maxLength: 2 }),
    gateways: fc.constantFrom(['mesh'], ['mesh', 'edge'], ['edge']),
    http: fc.array(rule, { minLength: 1, maxLength: 4 }),
  }),
  { maxLength: 3 },
)
const request: fc.Arbitrary<SimulatedRequest> = fc
  .record({
    from: fc.constantFrom('client', 'client', 'gateway'),
    host: fc.constantFrom(...hosts),
    port: fc.constantFrom(80, 80, 8080),
    path: fc.constantFrom(...paths),
    method: fc.constantFrom('GET', 'POST'),
    user: fc.option(fc.constantFrom(...headerValues), { nil: undefined }),
  })
  .map(({ host, port, path, user, ...rest }) => ({
    ...rest,
    url: `http://${host}:${port}${path}`,
    headers: user === undefined ? {} : { 'x-user': user },
  }))

const mesh: fc.Arbitrary<Case> = fc
  .record({
    owners,
    subsets: fc.boolean(),
    external: fc.boolean(),
    near: fc.boolean(),
    registryOnly: fc.boolean(),
    redirects: fc.boolean(),
    requests: fc.array(request, { minLength: requestsOfMesh, maxLength: requestsOfMesh }),
  })
  .map(({ requests, ...settings }) => ({ requests, input: inputOf(settings) }))

function inputOf(settings: {
  readonly owners: readonly {
    readonly hosts: readonly string[]
    readonly gateways: readonly string[]
    readonly http: readonly HttpRoute[]
  }[]
  readonly subsets: boolean
  readonly external: boolean
  readonly near: boolean
  readonly registryOnly: boolean
  readonly redirects: boolean
}): MeshSnapshotInput {
  const services = [
    service('a', { ports, address: '10.96.0.1' }),
    service('b', { namespace: 'shop', ports, address: '10.96.0.2' }),
  ] as const
  const subsets = [
    { name: 'v1', labels: { version: 'v1' } },
    { name: 'v2', labels: { version: 'v2' } },
  ]
  const listed = [{ number: 80, name: 'http', protocol: 'HTTP' }]
  return {
    services,
    pods: [client, edgePod, ...members],
    endpointSlices: [slice(services[0], { http: 80, any: 8080 }, [members[0]]), slice(services[1], { http: 80, any: 8080 }, [members[1]])],
    destinationRules: settings.subsets ? [destinationRule('a', { host: 'a', subsets })] : [],
    virtualServices: settings.owners.map((spec, index) => virtualService(`v${index}`, spec)),
    gateways: [
      gateway('edge', [
        {
          port: { number: 80, name: 'http', protocol: 'HTTP' },
          hosts: ['*'],
          ...(settings.redirects ? { tls: { httpsRedirect: true } } : {}),
        },
      ]),
    ],
    serviceEntries: settings.external
      ? [{ metadata: { name: 'ext', namespace: 'default' }, spec: { hosts: ['ext.example'], resolution: 'DNS', ports: listed } }]
      : [],
    sidecars: settings.near ? [{ metadata: { name: 'near', namespace: 'default' }, spec: { egress: [{ hosts: ['./*'] }] } }] : [],
    meshConfig: { outboundTrafficPolicy: settings.registryOnly ? 'REGISTRY_ONLY' : 'ALLOW_ANY' },
  }
}

/** Undefined where no such host can be asked for. */
function simulated(snapshot: MeshSnapshot, one: SimulatedRequest): Simulation | undefined {
  try {
    return simulate(snapshot, one)
  } catch (error) {
    if (isHeddleError(error, 'HEDDLE_TRANSLATION_UNKNOWN_HOST')) return undefined
    throw error
  }
}

/** Answers with what would go upstream. */
const witness: ProxyFilter = {
  name: 'witness',
  onRequest: ({ record, headers }) => ({
    status: 299,
    body: JSON.stringify([
      record.route?.action.kind === 'route' ? record.cluster?.name : undefined,
      record.upstreamPath,
      headers.get('host'),
    ]),
  }),
}

function expected({ outcome }: Simulation): (answer: InjectResponse) => boolean {
  switch (outcome.kind) {
    case 'redirect':
      return ({ status, headers }) =>
        status === outcome.status && headers.some(([name, value]) => name === 'location' && value === outcome.location)
    case 'direct-response':
    case 'refused':
      return ({ status }) => status === outcome.status
    case 'tcp':
      return ({ status }) => status === 0
    case 'forwarded':
      return ({ status, body }) =>
        outcome.backends.some(
          ({ cluster, share, exists, authority = outcome.authority }) =>
            share > 0 && (exists ? status === 299 && body === JSON.stringify([cluster, outcome.path, authority]) : status === 503),
        )
  }
}

it(`simulate and the engine agree on ${meshes * requestsOfMesh} random requests (seed ${seed})`, async () => {
  let agreed = 0
  const check = fc.asyncProperty(mesh, async ({ input, requests }) => {
    const snapshot = createMeshSnapshot(input)
    const proxies = {
      client: createProxy(translate(snapshot, nodeOf(client)).config, { compileRegex: linearRegex, filters: [witness], bind: () => [] }),
      gateway: createProxy(translate(snapshot, nodeOf(edgePod, 'router')).config, {
        compileRegex: linearRegex,
        filters: [witness],
        bind: () => [],
      }),
    }
    try {
      for (const one of requests) {
        const simulation = simulated(snapshot, one)
        if (simulation?.listener === undefined) continue
        const [, host = '', port = '', path = ''] = /^http:\/\/([^:/]+):(\d+)(.*)$/.exec(one.url) ?? []
        const answer = await proxies[one.from === 'gateway' ? 'gateway' : 'client'].inject({
          listener: simulation.listener,
          method: one.method ?? 'GET',
          path,
          authority: port === '80' ? host.toLowerCase() : `${host.toLowerCase()}:${port}`,
          headers: one.headers ?? {},
          originalDestination: { address: simulation.destination.address ?? '203.0.113.1', port: Number(port) },
        })
        expect(expected(simulation)(answer), `${JSON.stringify(answer)}\n${simulationText(simulation)}`).toBe(true)
        agreed++
      }
    } finally {
      await Promise.all([proxies.client.close(), proxies.gateway.close()])
    }
  })
  await fc.assert(check, { seed, numRuns: meshes })
  expect(agreed).toBeGreaterThan(meshes * requestsOfMesh * 0.6)
}, 60_000)
