import { createFakeClock, createMemoryLogger, type FakeClock } from '@heddle/base/testing'
import { type MeshSnapshotInput, parseNode, type ProxyNode } from '@heddle/translation'
import { encodeSecret, toJson, typeUrls } from '@heddle/xds'
import { describe, expect, it } from 'vitest'
import type { Credentials } from '../../src/credentials/credentials.js'
import { createDiscovery } from '../../src/push/discovery.js'
import { node as xdsNode, service, slice } from '../mesh-objects.js'

function nodeOf(...options: Parameters<typeof xdsNode>): ProxyNode {
  const result = parseNode(xdsNode(...options))
  if (!result.ok) throw new Error(result.reason)
  return result.node
}

function harness(first: object, clock: FakeClock = createFakeClock()) {
  const logger = createMemoryLogger()
  let input = first
  const discovery = createDiscovery({ input: () => input as MeshSnapshotInput }, { clock, logger })
  const connect = (node: ProxyNode = nodeOf()) => {
    const sent: string[] = []
    const connection = discovery.connect(node, (typeUrl, { nonce, resources, removed }) => {
      sent.push([typeUrl.split('.').at(-1), ...resources.map(({ name }) => name), ...removed.map((name) => `-${name}`)].join(' '))
      connection.stream.receive(typeUrl, { subscribe: [], unsubscribe: [], initialVersions: {}, responseNonce: nonce })
    })
    const subscribe = (typeUrl: string, ...names: string[]) =>
      connection.stream.receive(typeUrl, { subscribe: names, unsubscribe: [], initialVersions: {} })
    return { sent, subscribe, close: () => connection.close() }
  }
  const change = (next: object, isUrgent = false) => {
    input = next
    discovery.changed(isUrgent)
  }
  return { clock, logger, discovery, connect, change }
}

const cluster = 'outbound|80||web.default.svc.cluster.local'
const withEndpoints = (...addresses: string[]) => ({ services: [service('web')], endpointSlices: [slice('web', ...addresses)] })

describe('a change', () => {
  it('reaches proxies after the debounce, in one push for many changes', () => {
    const { clock, connect, change, discovery } = harness(withEndpoints('10.0.0.1'))
    const proxy = connect()
    proxy.subscribe(typeUrls.endpoint, cluster)
    proxy.sent.length = 0
    change(withEndpoints('10.0.0.1', '10.0.0.2'))
    change(withEndpoints('10.0.0.1', '10.0.0.2', '10.0.0.3'))
    expect(proxy.sent).toEqual([])
    clock.advance(30)
    expect(proxy.sent).toEqual([`ClusterLoadAssignment ${cluster}`])
    expect(discovery.totals().pushes).toBe(1)
  })

  it('that takes an endpoint away is pushed at once', () => {
    const { connect, change } = harness(withEndpoints('10.0.0.1', '10.0.0.2'))
    const proxy = connect()
    proxy.subscribe(typeUrls.endpoint, cluster)
    proxy.sent.length = 0
    change(withEndpoints('10.0.0.1'), true)
    expect(proxy.sent).toEqual([`ClusterLoadAssignment ${cluster}`])
  })

  it('that is none for a proxy costs no response', () => {
    const { clock, connect, change, discovery } = harness(withEndpoints('10.0.0.1'))
    const proxy = connect()
    for (const typeUrl of [typeUrls.cluster, typeUrls.listener, typeUrls.nameTable]) proxy.subscribe(typeUrl)
    proxy.subscribe(typeUrls.endpoint, cluster)
    proxy.sent.length = 0
    change({ ...withEndpoints('10.0.0.1'), pods: [] })
    clock.advance(30)
    expect(discovery.totals().pushes).toBe(1)
    expect(proxy.sent).toEqual([])
  })
})

it('shows a proxy until it is gone', () => {
  const { connect, discovery } = harness(withEndpoints())
  const proxy = connect()
  expect(discovery.proxies().map(({ node }) => node.name)).toEqual(['web-1'])
  proxy.close()
  expect(discovery.proxies()).toEqual([])
})

it('keeps what proxies have when the model cannot be built, and goes on with the next change', () => {
  const { clock, connect, change, discovery, logger } = harness(withEndpoints('10.0.0.1'))
  const proxy = connect()
  proxy.subscribe(typeUrls.endpoint, cluster)
  proxy.sent.length = 0
  change({ services: [null] })
  clock.advance(30)
  expect(proxy.sent).toEqual([])
  expect(discovery.totals().failures).toBe(1)
  expect(logger.records.at(-1)?.message).toMatch(/every proxy keeps what it has/)
  change(withEndpoints('10.0.0.2'))
  clock.advance(30)
  expect(proxy.sent).toEqual([`ClusterLoadAssignment ${cluster}`])
})

describe('a resource', () => {
  const to = (name: string) => [{ route: [{ destination: { host: name } }] }]
  const owner = (name: string, http: unknown) => ({ metadata: { name, namespace: 'default' }, spec: { hosts: ['web'], http } })

  it('that is malformed is left out and shown, while proxies are pushed to', () => {
    const { clock, connect, change, discovery } = harness(withEndpoints('10.0.0.1'))
    const proxy = connect()
    proxy.subscribe(typeUrls.endpoint, cluster)
    proxy.sent.length = 0
    change({ ...withEndpoints('10.0.0.2'), virtualServices: [owner('bad', [{ match: [null] }])] })
    clock.advance(30)
    expect(proxy.sent).toEqual([`ClusterLoadAssignment ${cluster}`])
    expect(discovery.issues()).toMatchObject([{ kind: 'VirtualService', name: 'bad', code: 'malformed', proxies: [] }])
  })

  it('that does not do what it says is logged once at warn and shown with its proxies until it is gone', () => {
    const { clock, connect, change, discovery, logger } = harness(withEndpoints('10.0.0.1'))
    for (const name of ['web-1', 'web-2']) connect(nodeOf(name)).subscribe(typeUrls.cluster)
    const wrong = { ...withEndpoints('10.0.0.1'), virtualServices: [owner('lost', to('gone'))] }
    for (const input of [wrong, { ...wrong }]) {
      change(input)
      clock.advance(30)
    }
    expect(logger.records.filter(({ level }) => level === 'warn')).toMatchObject([{ fields: { name: 'lost', code: 'unknown-host' } }])
    expect(discovery.issues()).toMatchObject([{ name: 'lost', proxies: ['web-1.default', 'web-2.default'] }])
    change(withEndpoints('10.0.0.1'))
    clock.advance(30)
    expect(discovery.issues()).toEqual([])
  })
})

it('makes the configuration of every stream from its own node, whatever name it shares', () => {
  const { connect } = harness(withEndpoints('10.0.0.1'))
  connect()
  const other = nodeOf()
  const router = connect({ ...other, type: 'router' })
  router.subscribe(typeUrls.listener)
  expect(router.sent).toEqual(['Listener'])
})

it('counts and tells refusals', () => {
  const { discovery, logger } = harness(withEndpoints())
  const { stream } = discovery.connect(nodeOf(), () => undefined)
  stream.receive(typeUrls.cluster, { subscribe: [], unsubscribe: [], initialVersions: {} })
  stream.receive(typeUrls.cluster, { subscribe: [], unsubscribe: [], initialVersions: {}, responseNonce: '1', errorMessage: 'bad' })
  expect([...discovery.totals().rejects]).toEqual([[typeUrls.cluster, 1]])
  expect(logger.records.at(-1)).toMatchObject({ level: 'warn', message: 'a proxy refused resources', fields: { reason: 'bad' } })
})

it('pushes to many proxies in slices, so that others have their turn, and never to one that left', () => {
  const fake = createFakeClock()
  let readings = 0
  // Time passes with the work: every look at the clock is 15 ms later.
  const clock: FakeClock = { ...fake, monotonicMs: () => fake.monotonicMs() + 15 * readings++ }
  const { connect, change } = harness(withEndpoints('10.0.0.1'), clock)
  const proxies = Array.from({ length: 5 }, (_, index) => connect(nodeOf(`web-${index}`)))
  for (const proxy of proxies) {
    proxy.subscribe(typeUrls.endpoint, cluster)
    proxy.sent.length = 0
  }
  change(withEndpoints('10.0.0.2'), true)
  const served = () => proxies.map(({ sent }) => sent.length)
  expect(served()).toEqual([1, 1, 0, 0, 0])
  proxies[3]?.close()
  clock.advance(0)
  clock.advance(0)
  expect(served()).toEqual([1, 1, 1, 0, 1])
})

describe('secrets', () => {
  const gateway = {
    metadata: { name: 'edge', namespace: 'default', creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: {
      selector: { app: 'web' },
      servers: [{ port: { number: 8443, name: 'https', protocol: 'HTTPS' }, hosts: ['*'], tls: { mode: 'SIMPLE', credentialName: 'web' } }],
    },
  }
  const router = (): ProxyNode => {
    const result = parseNode({ ...xdsNode(), id: 'router~10.0.0.1~web-1.default~default.svc.cluster.local' })
    if (!result.ok) throw new Error(result.reason)
    return result.node
  }

  it('reach a proxy that names them, and again when they change or its right to them does, without a new model', () => {
    let chain = 'one'
    const credentials: Pick<Credentials, 'resourcesFor'> = {
      resourcesFor: (_proxy, names, mayHaveKeys) =>
        mayHaveKeys
          ? names.map((name) => encodeSecret({ kind: 'certificate', name, certificateChainPem: chain, privateKeyPem: 'key' }))
          : [],
    }
    const input = () => ({ gateways: [gateway] }) as unknown as MeshSnapshotInput
    const discovery = createDiscovery({ input, credentials }, { clock: createFakeClock(), logger: createMemoryLogger() })
    const sent: string[] = []
    const connection = discovery.connect(router(), (typeUrl, { nonce, resources, removed }) => {
      sent.push([...resources.map(({ name }) => name), ...removed.map((name) => `-${name}`)].join(' '))
      connection.stream.receive(typeUrl, { subscribe: [], unsubscribe: [], initialVersions: {}, responseNonce: nonce })
    })
    connection.stream.receive(typeUrls.secret, { subscribe: ['kubernetes://web'], unsubscribe: [], initialVersions: {} })
    expect(sent.splice(0)).toEqual(['-kubernetes://web'])
    connection.allowKeys(true)
    expect(sent.splice(0)).toEqual(['kubernetes://web'])
    discovery.secretsChanged()
    expect(sent).toEqual([])
    chain = 'two'
    discovery.secretsChanged()
    expect(sent).toEqual(['kubernetes://web'])
    expect(discovery.totals().pushes).toBe(0)
  })

  it('that change between the connection and the first request for them are sent as they are then', () => {
    let chain = 'one'
    const credentials: Pick<Credentials, 'resourcesFor'> = {
      resourcesFor: (_proxy, names) =>
        names.map((name) => encodeSecret({ kind: 'certificate', name, certificateChainPem: chain, privateKeyPem: 'key' })),
    }
    const input = () => ({ gateways: [gateway] }) as unknown as MeshSnapshotInput
    const discovery = createDiscovery({ input, credentials }, { clock: createFakeClock(), logger: createMemoryLogger() })
    const sent: string[] = []
    const connection = discovery.connect(router(), (_typeUrl, { resources }) => {
      sent.push(...resources.map((resource) => JSON.stringify(toJson(resource))))
    })
    chain = 'two'
    discovery.secretsChanged()
    connection.stream.receive(typeUrls.secret, { subscribe: ['kubernetes://web'], unsubscribe: [], initialVersions: {} })
    expect(sent.join()).toContain(Buffer.from('two').toString('base64'))
  })
})
