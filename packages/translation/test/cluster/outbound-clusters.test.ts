import { describe, expect, it } from 'vitest'
import type { Cluster } from '@heddle/routing'
import type { DestinationRule, MeshSnapshotInput } from '../../src/index.js'
import { secretsOf } from '../../src/index.js'
import { destinationRule, named, peerAuthentication, pod, service, slice, translateFor } from '../mesh.js'

const client = pod('client-1', '10.1.0.9', { labels: { team: 'a' } })
const hello = service('hello', {
  ports: [
    { name: 'http', port: 80, targetPort: 8080 },
    { name: 'grpc', port: 90, targetPort: 9090 },
  ],
})
const host = 'hello.default.svc.cluster.local'

function cluster(rules: readonly DestinationRule[], name = `outbound|80||${host}`, input: MeshSnapshotInput = {}): Cluster {
  return named(translateFor(client, { services: [hello], destinationRules: rules, ...input }).config.clusters, name)
}

describe('traffic policies', () => {
  it('of a subset lie over those of the rule, and those of a port replace both', () => {
    const rule = destinationRule('hello', {
      host: 'hello',
      trafficPolicy: {
        loadBalancer: { simple: 'RANDOM' },
        connectionPool: { tcp: { maxConnections: 7 } },
        portLevelSettings: [{ port: { number: 90 }, connectionPool: { http: { http2MaxRequests: 5 } } }],
      },
      subsets: [{ name: 'v1', labels: { version: 'v1' }, trafficPolicy: { loadBalancer: { simple: 'ROUND_ROBIN' } } }],
    })
    expect(cluster([rule])).toMatchObject({ lbPolicy: 'RANDOM', circuitBreakers: { maxConnections: 7 } })
    expect(cluster([rule], `outbound|80|v1|${host}`)).toMatchObject({ lbPolicy: 'ROUND_ROBIN', circuitBreakers: { maxConnections: 7 } })
    expect(cluster([rule], `outbound|90||${host}`)).toMatchObject({
      lbPolicy: 'LEAST_REQUEST',
      circuitBreakers: { maxConnections: 4_294_967_295, maxRequests: 5 },
    })
  })

  it('bring PROXY headers and retry budgets, which a port’s own settings leave alone', () => {
    const trafficPolicy = {
      proxyProtocol: { version: 'V2' },
      retryBudget: { percent: 12.5 },
      portLevelSettings: [{ port: { number: 90 }, connectionPool: { http: { http2MaxRequests: 5 } } }],
    } as const
    const rule = destinationRule('hello', { host: 'hello', trafficPolicy })
    for (const name of [`outbound|80||${host}`, `outbound|90||${host}`]) {
      const made = cluster([rule], name)
      expect(made.circuitBreakers?.retryBudget).toEqual({ percent: 12.5, minConcurrency: 3 })
      expect(made.transportSocketMatches?.map(({ transportSocket }) => transportSocket.proxyProtocol)).toEqual(['V2', 'V2'])
    }
    const plain = destinationRule('hello', { host: 'hello', trafficPolicy: { tls: { mode: 'DISABLE' }, proxyProtocol: {} } })
    expect(cluster([plain]).transportSocket).toEqual({ kind: 'raw-buffer', proxyProtocol: 'V1' })
    expect(cluster([plain]).circuitBreakers?.retryBudget).toBeUndefined()
  })

  it('come from the caller’s namespace, else the service’s, else the root’s; rules for one host add up their subsets', () => {
    const policy = (simple: 'RANDOM' | 'ROUND_ROBIN'): NonNullable<DestinationRule['spec']> => ({
      host,
      trafficPolicy: { loadBalancer: { simple } },
    })
    const root = destinationRule('root', policy('RANDOM'), { namespace: 'istio-system' })
    expect(cluster([root]).lbPolicy).toBe('RANDOM')
    expect(cluster([root, destinationRule('own', policy('ROUND_ROBIN'))]).lbPolicy).toBe('ROUND_ROBIN')
    const a = destinationRule('a', { host: 'hello', subsets: [{ name: 'a' }] })
    const b = destinationRule('b', {
      host: 'hello',
      subsets: [{ name: 'b' }, { name: 'a' }],
      trafficPolicy: policy('RANDOM').trafficPolicy ?? {},
    })
    expect(cluster([a, b], `outbound|80|b|${host}`).lbPolicy).toBe('RANDOM')
  })

  it('of a selected workload are for that workload only', () => {
    const rule = (team: string): DestinationRule =>
      destinationRule('hello', {
        host: 'hello',
        workloadSelector: { matchLabels: { team } },
        trafficPolicy: { loadBalancer: { simple: 'RANDOM' } },
      })
    expect(cluster([rule('a')]).lbPolicy).toBe('RANDOM')
    expect(cluster([rule('b')]).lbPolicy).toBe('LEAST_REQUEST')
  })

  it('choose HTTP/2 where the port or the rule says so', () => {
    expect(cluster([])).not.toHaveProperty('http')
    expect(cluster([], `outbound|90||${host}`).http).toEqual({ protocol: 'http2' })
    const pool = (http: object): DestinationRule => destinationRule('hello', { host: 'hello', trafficPolicy: { connectionPool: { http } } })
    expect(cluster([pool({ h2UpgradePolicy: 'UPGRADE', maxConcurrentStreams: 9 })]).http).toEqual({
      protocol: 'http2',
      maxConcurrentStreams: 9,
    })
    expect(cluster([pool({ useClientProtocol: true })]).http).toEqual({ protocol: 'use-downstream' })
    expect(cluster([pool({ idleTimeout: '5s' })]).http).toEqual({ protocol: 'http1', idleTimeoutMs: 5000 })
  })

  it('end connections to upstreams after the idle time and the life that the rule gives them', () => {
    const pool = (connectionPool: object): DestinationRule => destinationRule('hello', { host: 'hello', trafficPolicy: { connectionPool } })
    const httpOf = (connectionPool: object): unknown => cluster([pool(connectionPool)]).http
    expect(httpOf({ tcp: { maxConnectionDuration: '90s' } })).toEqual({ protocol: 'http1', maxConnectionDurationMs: 90_000 })
    expect(httpOf({ tcp: { idleTimeout: '20s' } })).toEqual({ protocol: 'http1', idleTimeoutMs: 20_000 })
    expect(httpOf({ tcp: { idleTimeout: '20s' }, http: { idleTimeout: '0s' } })).toEqual({ protocol: 'http1', idleTimeoutMs: 0 })
  })

  it('warm up new endpoints and dial original destinations on request', () => {
    const balancer = (loadBalancer: object): DestinationRule => destinationRule('hello', { host: 'hello', trafficPolicy: { loadBalancer } })
    expect(cluster([balancer({ simple: 'ROUND_ROBIN', warmup: { duration: '30s' } })]).slowStart).toEqual({ windowMs: 30_000 })
    expect(cluster([balancer({ simple: 'PASSTHROUGH' })])).toMatchObject({ type: 'ORIGINAL_DST', lbPolicy: 'CLUSTER_PROVIDED' })
  })
})

describe('upstream TLS', () => {
  const tls = (settings: object): DestinationRule => destinationRule('hello', { host: 'hello', trafficPolicy: { tls: settings } })

  it('is chosen per endpoint, with the identities of the service’s accounts', () => {
    const pods = [pod('hello-1', '10.1.0.10', { account: 'b' }), pod('hello-2', '10.1.0.11', { account: 'a' })]
    const matches = cluster([], `outbound|80||${host}`, {
      pods,
      endpointSlices: [slice(hello, { http: 8080 }, pods)],
    }).transportSocketMatches
    expect(matches?.map((match) => [match.name, match.match])).toEqual([
      ['tlsMode-istio', { tlsMode: 'istio' }],
      ['tlsMode-disabled', {}],
    ])
    const socket = matches?.[0]?.transportSocket
    expect(socket?.kind === 'tls' && socket.tls).toMatchObject({
      sni: `outbound_.80_._.${host}`,
      common: {
        validation: {
          matchSubjectAltNames: [
            { kind: 'exact', value: 'spiffe://cluster.local/ns/default/sa/a' },
            { kind: 'exact', value: 'spiffe://cluster.local/ns/default/sa/b' },
          ],
        },
      },
    })
  })

  it('takes upstreams under former names of the trust domain', () => {
    const pods = [pod('hello-1', '10.1.0.10', { account: 'a' })]
    const socket = cluster([], `outbound|80||${host}`, {
      pods,
      endpointSlices: [slice(hello, { http: 8080 }, pods)],
      meshConfig: { trustDomain: 'new.example', trustDomainAliases: ['cluster.local'] },
    }).transportSocketMatches?.[0]?.transportSocket
    expect(socket?.kind === 'tls' && socket.tls.common.validation?.matchSubjectAltNames?.map(({ value }) => value)).toEqual([
      'spiffe://cluster.local/ns/default/sa/a',
      'spiffe://new.example/ns/default/sa/a',
    ])
  })

  it('is off where the rule, the mesh or the service’s namespace says so', () => {
    const disabled = peerAuthentication('default', { mtls: { mode: 'DISABLE' } })
    for (const value of [
      cluster([tls({ mode: 'DISABLE' })]),
      cluster([], `outbound|80||${host}`, { peerAuthentications: [disabled] }),
      cluster([], `outbound|80||${host}`, { meshConfig: { enableAutoMtls: false } }),
    ]) {
      expect(value).not.toHaveProperty('transportSocket')
      expect(value).not.toHaveProperty('transportSocketMatches')
    }
  })

  it('is the mesh’s for all endpoints under ISTIO_MUTUAL, with names of the rule if it has some', () => {
    const value = cluster([tls({ mode: 'ISTIO_MUTUAL', sni: 'own', subjectAltNames: ['spiffe://x/y'] })])
    expect(value.transportSocket).toMatchObject({
      tls: { sni: 'own', common: { validation: { matchSubjectAltNames: [{ value: 'spiffe://x/y' }] } } },
    })
  })

  it('is somebody else’s under SIMPLE and MUTUAL, and then ALPN is left alone', () => {
    const simple = cluster([tls({ mode: 'SIMPLE' })])
    expect(simple.transportSocket).toMatchObject({ tls: { common: { validation: { roots: { name: 'file-root:system' } } } } })
    expect(simple.http).toEqual({ protocol: 'http1', autoSni: true, autoSanValidation: true })
    expect(simple.metadata?.['istio']).toMatchObject({ alpn_override: 'false' })
    const listed = cluster([tls({ mode: 'SIMPLE', caCertificates: '/ca', caCrl: '/l' })])
    expect(listed.transportSocket).toMatchObject({ tls: { common: { validation: { roots: { name: 'file-root:/ca~/l' } } } } })
    const mutual = cluster([tls({ mode: 'MUTUAL', clientCertificate: '/c', privateKey: '/k', caCertificates: '/ca', sni: 'x' })])
    expect(mutual.transportSocket).toMatchObject({
      tls: { sni: 'x', common: { certificates: [{ name: 'file-cert:/c~/k' }], validation: { roots: { name: 'file-root:/ca' } } } },
    })
  })
})

it('names each secret of a configuration once', () => {
  const tls = { mode: 'MUTUAL', credentialName: 'up', sni: 'x' } as const
  const rule = destinationRule('hello', { host: 'hello', workloadSelector: { matchLabels: { team: 'a' } }, trafficPolicy: { tls } })
  const { config } = translateFor(client, { services: [hello], destinationRules: [rule] })
  expect(secretsOf(config)).toEqual([
    { name: 'default', source: 'agent' },
    { name: 'ROOTCA', source: 'agent' },
    { name: 'kubernetes://up', source: 'ads' },
    { name: 'kubernetes://up-cacert', source: 'ads' },
  ])
})

describe('a credentialName', () => {
  const socket = (credentialName: string, type: 'sidecar' | 'router') => {
    const rule = destinationRule('hello', { host: 'hello', trafficPolicy: { tls: { mode: 'SIMPLE', credentialName } } })
    const { clusters } = translateFor(client, { services: [hello], destinationRules: [rule] }, type).config
    return named(clusters, `outbound|80||${host}`)
  }

  it('is for gateways: a sidecar that the rule does not select connects without TLS, for the egress gateway to add it', () => {
    expect(socket('up', 'router').transportSocket).toMatchObject({
      tls: { common: { validation: { roots: { name: 'kubernetes://up-cacert' } } } },
    })
    const sidecar = socket('up', 'sidecar')
    expect([sidecar.transportSocket, sidecar.transportSocketMatches, sidecar.http?.autoSni]).toEqual([undefined, undefined, undefined])
    expect(sidecar.metadata).toMatchObject({ istio: { alpn_override: 'false' } })
  })

  it('that means a ConfigMap is for everybody', () => {
    expect(socket('configmap://up', 'sidecar').transportSocket).toMatchObject({
      tls: { common: { validation: { roots: { name: 'configmap://up-cacert' } } } },
    })
  })
})
