/** Two meshes that believe each other's names, over real HTTPS, and what reaches a workload of it. */
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '@heddle/base'
import { createFakeClock } from '@heddle/base/testing'
import { createMemoryCaStore, createCa, encodeSpiffeBundle, parseSpiffeBundle } from '@heddle/ca'
import { createTestCa } from '@heddle/ca/testing'
import { configMaps, createMeshClient, type MeshClient, requestJwtSvid } from '@heddle/client'
import { parseJwtKeySet, validateJwtSvid } from '@heddle/base/node'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createFederationFollower, type FederationFollower } from '../../src/citadel/federation-follower.js'
import { type FederationEntry, readFederation } from '../../src/citadel/federation-settings.js'
import { createControlPlane } from '../../src/control-plane.js'
import { serveBundleEndpoint } from '../../src/server/bundle-endpoint.js'
import {
  createFakeControlPlane,
  createFakeResourceClient,
  fakeToken,
  type FakeControlPlane,
  type FakeResourceClient,
} from '../../src/testing.js'
import type { ProxyConfig } from '@heddle/routing'
import { node } from '../mesh-objects.js'

const open: { close(): unknown }[] = []
afterEach(async () => {
  for (const part of open.splice(0).toReversed()) await part.close()
})
const keep = <Part extends { close(): unknown }>(part: Part): Part => {
  open.push(part)
  return part
}
const start = async (trustDomain: string): Promise<FakeControlPlane> =>
  keep(await createFakeControlPlane({ trustDomain, isFederating: true }))
const bundleOf = ({ ca }: Pick<FakeControlPlane, 'ca'>): string => encodeSpiffeBundle(ca.bundle(), 300)
const entryFor = (other: FakeControlPlane, change: Partial<FederationEntry> = {}): FederationEntry => ({
  trustDomain: other.ca.trustDomain,
  url: `https://127.0.0.1:${other.ports.bundle}/`,
  endpointId: `spiffe://${other.ca.trustDomain}/ns/istio-system/sa/istiod`,
  bundle: bundleOf(other),
  ...change,
})
const until = (check: () => unknown) => expect.poll(check, { interval: 10, timeout: 10_000 })

/** Who may come in, by each configuration that came. */
const inboundPeers: (readonly string[])[] = []

function peersOf({ listeners }: ProxyConfig): readonly string[] {
  const chain = listeners.find(({ name }) => name === 'virtualInbound')?.filterChains.find(({ tls }) => tls)
  return (chain?.tls?.common.validation?.matchSubjectAltNames ?? []).map(({ value }) => String(value))
}

function workloadOf(plane: FakeControlPlane, trustDomain: string, stateDir?: string): MeshClient {
  return keep(
    createMeshClient({
      discovery: () => plane.address,
      node: node(),
      spiffeId: `spiffe://${trustDomain}/ns/default/sa/default`,
      trustDomain,
      token: () => fakeToken('default', 'default'),
      root: () => plane.rootsPem(),
      ...(stateDir !== undefined && { stateDir }),
      onConfig: (config) => {
        inboundPeers.push(peersOf(config))
        return Promise.resolve()
      },
    }),
  )
}

describe('two meshes', () => {
  it('believe the names of the other by its own roots and keys, at every workload', async () => {
    const [one, two] = [await start('one.example'), await start('two.example')]
    one.federation?.follow([entryFor(two)])
    const client = workloadOf(one, 'one.example')
    await client.start()
    await until(() => client.secrets.get('ROOTCA')).toMatchObject({
      trustDomain: 'one.example',
      federatedRootsPem: { 'two.example': two.rootsPem() },
    })
    const place = { address: two.address, serverName: two.serverName, rootsPem: two.rootsPem() }
    const svid = await requestJwtSvid({ ...place, token: fakeToken('default', 'default'), audiences: ['one'] })
    const keys = parseJwtKeySet(client.identity.trusted?.federated?.[0]?.jwks ?? '')
    await until(() => inboundPeers.at(-1)).toEqual(['spiffe://one.example/', 'spiffe://two.example/'])
    const bundle = (domain: string) => (domain === 'two.example' && keys.ok ? keys.keys : undefined)
    const judged = validateJwtSvid({ token: svid.token, audience: 'one', nowMs: Date.now(), bundleOf: bundle })
    expect(judged).toMatchObject({ ok: true, id: { uri: 'spiffe://two.example/ns/default/sa/default' } })
    one.federation?.follow([])
    await until(() => client.secrets.get('ROOTCA')).not.toHaveProperty('federatedRootsPem')
  })

  it('are still told apart by a workload that starts again while the control plane is down', async () => {
    const [one, two] = [await start('one.example'), await start('two.example')]
    const stateDir = mkdtempSync(join(tmpdir(), 'heddle-federation-'))
    keep({ close: () => rmSync(stateDir, { recursive: true, force: true }) })
    one.federation?.follow([entryFor(two)])
    const client = workloadOf(one, 'one.example', stateDir)
    await client.start()
    const federated = { federatedRootsPem: { 'two.example': two.rootsPem() } }
    await until(() => client.secrets.get('ROOTCA')).toMatchObject(federated)
    client.close()
    await one.stop()
    const again = workloadOf(one, 'one.example', stateDir)
    await again.start()
    expect(again.secrets.get('ROOTCA')).toMatchObject(federated)
    expect(again.identity.trusted?.federated?.[0]?.jwks).toContain('"kid"')
  })

  it('follow a rotation of the other, although the first bundle is as old as the hills', async () => {
    const [one, two] = [await start('one.example'), await start('two.example')]
    const entry = entryFor(two)
    one.federation?.follow([entry])
    await two.ca.rotation?.prepare()
    one.federation?.follow([entry])
    await until(() => one.federation?.trusted()[0]?.rootsPem).toBe(two.rootsPem())
    await two.ca.rotation?.activate()
    // The endpoint's certificate is now under the new root, which the first bundle does not have: the last good one does.
    one.federation?.follow([entry])
    await until(() => one.federation?.view()).toMatchObject([{ trustDomain: 'two.example', spiffe: bundleOf(two) }])
    expect(one.federation?.view()[0]).not.toHaveProperty('failure')
  })

  it('do not believe an endpoint that is somebody else, and say why', async () => {
    const [one, two] = [await start('one.example'), await start('two.example')]
    one.federation?.follow([entryFor(two, { endpointId: 'spiffe://two.example/ns/istio-system/sa/other' })])
    await until(() => one.federation?.view()[0]?.failure).toContain('the endpoint is not spiffe://two.example')
    one.federation?.follow([entryFor(two, { bundle: bundleOf(one) })])
    await until(() => one.federation?.view()[0]?.failure).toContain('the endpoint is not')
  })
})

describe('the bundle endpoint', () => {
  const ask = async (port: number | undefined, path: string, method = 'GET'): Promise<{ status: number | undefined; body: string }> => {
    const call = request({ host: '127.0.0.1', port, path, method, rejectUnauthorized: false, agent: false })
    call.end()
    const [response] = (await once(call, 'response')) as [IncomingMessage]
    let body = ''
    for await (const chunk of response) body += String(chunk)
    return { status: response.statusCode, body }
  }

  it('serves what a SPIFFE library reads, and nothing else', async () => {
    const plane = await start('one.example')
    const { status, body } = await ask(plane.ports.bundle, '/')
    expect(status).toBe(200)
    const parsed = parseSpiffeBundle(body)
    expect(parsed.ok && parsed.bundle.rootsPem).toBe(plane.rootsPem())
    expect(parsed.ok && parsed.bundle.refreshHintSeconds).toBe(300)
    expect(body).not.toContain('"d"')
    expect((await ask(plane.ports.bundle, '/keys')).status).toBe(404)
    expect((await ask(plane.ports.bundle, '/', 'POST')).status).toBe(404)
    expect(await ask(plane.ports.bundle, '/', 'HEAD')).toEqual({ status: 200, body: '' })
  })
})

it('a mesh whose port for the bundle is taken serves all the same', async () => {
  const taken = keep(createServer().listen(0, '127.0.0.1'))
  await once(taken, 'listening')
  const { port } = taken.address() as AddressInfo
  const ca = keep(await createCa({ trustDomain: 'cluster.local', store: createMemoryCaStore() }))
  const ports = { secureGrpc: 0, monitoring: 0, telemetry: 0, bundle: port }
  const plane = keep(
    createControlPlane({
      client: createFakeResourceClient(),
      ca,
      authenticators: [],
      address: '127.0.0.1',
      ports,
      dnsNames: ['istiod'],
      version: 'test',
    }),
  )
  expect((await plane.start()).bundle).toBeUndefined()
})

describe('a follower', () => {
  const web = createTestCa({ trustDomain: 'web' })
  const { chainPem, keyPem } = web.issue('spiffe://web/endpoint', { dnsNames: ['localhost'], ipAddresses: [Uint8Array.of(127, 0, 0, 1)] })
  const follow = async (client = createFakeResourceClient(), clock = createFakeClock(Date.now())): Promise<FederationFollower> =>
    keep(await createFederationFollower({ client, namespace: 'istio-system' }, { clock, logger: silentLogger }))

  const keptIn = async (client: FakeResourceClient): Promise<readonly unknown[]> =>
    (await client.list(configMaps)).items.map(({ data }) => (data as Readonly<Record<string, string>>)['trustDomain'])

  it('looks as often as the bundle hints, and keeps the last good one while the other side is away and over a start', async () => {
    const other = keep(await createCa({ trustDomain: 'other.example', store: createMemoryCaStore() }))
    const identity = { certificateChainPem: chainPem, privateKeyPem: keyPem }
    const endpoint = await serveBundleEndpoint('127.0.0.1', 0, identity, () => encodeSpiffeBundle(other.bundle(), 60))
    const entry = { trustDomain: 'other.example', url: `https://127.0.0.1:${endpoint.port}/`, caCertificates: web.rootPem }
    const [client, clock] = [createFakeResourceClient(), createFakeClock(Date.now())]
    const follower = await follow(client, clock)
    let changes = 0
    follower.onChange(() => changes++)
    follower.follow([entry])
    expect(follower.trusted()).toEqual([])
    await until(() => follower.trusted()[0]?.rootsPem).toBe(other.bundle().rootsPem)
    const before = changes
    await other.rotation?.prepare()
    clock.advance(59_000)
    expect(changes).toBe(before)
    clock.advance(1000)
    await until(() => follower.trusted()[0]?.rootsPem).toBe(other.bundle().rootsPem)
    await until(() => keptIn(client)).toEqual(['other.example'])
    await endpoint.close()
    clock.advance(60_000)
    await until(() => follower.view()[0]?.failure).toContain('cannot be fetched')
    expect(follower.trusted()[0]?.rootsPem).toBe(other.bundle().rootsPem)
    await vi.waitFor(async () => {
      const again = await follow(client)
      again.follow([entry])
      expect(again.trusted()[0]?.rootsPem).toBe(other.bundle().rootsPem)
    })
  })

  it('forgets the bundle of a domain that is not followed any more, or from elsewhere, and shows it no more', async () => {
    const names = ['a.example', 'b.example', 'c.example']
    const [client, urls] = [createFakeResourceClient(), [] as string[]]
    for (const trustDomain of names) {
      const other = keep(await createCa({ trustDomain, store: createMemoryCaStore() }))
      const identity = { certificateChainPem: chainPem, privateKeyPem: keyPem }
      const endpoint = keep(await serveBundleEndpoint('127.0.0.1', 0, identity, () => encodeSpiffeBundle(other.bundle(), 60)))
      urls.push(`https://127.0.0.1:${endpoint.port}/`)
    }
    const entries = names.map((trustDomain, index) => ({ trustDomain, url: urls[index] as string, caCertificates: web.rootPem }))
    const follower = await follow(client)
    follower.follow(entries)
    await until(async () => (await keptIn(client)).length).toBe(3)
    const [first, , third] = entries as [FederationEntry, FederationEntry, FederationEntry]
    follower.follow([first, { ...third, url: 'https://127.0.0.1:1/' }])
    expect(follower.view()[0]).toHaveProperty('spiffe')
    expect(follower.view()[1]).not.toHaveProperty('spiffe')
    await until(() => keptIn(client)).toEqual(['a.example'])
    follower.follow([])
    await until(() => keptIn(client)).toEqual([])
  })

  it('refuses a bundle that is longer than what every proxy should hold', async () => {
    const identity = { certificateChainPem: chainPem, privateKeyPem: keyPem }
    const endpoint = keep(await serveBundleEndpoint('127.0.0.1', 0, identity, () => `{"keys":[]}${' '.repeat(256 * 1024)}`))
    const follower = await follow()
    follower.follow([{ trustDomain: 'other.example', url: `https://127.0.0.1:${endpoint.port}/`, caCertificates: web.rootPem }])
    await until(() => follower.view()[0]?.failure).toContain('longer than 262144 bytes')
  })

  it('keeps and shows the last good bundle when what comes next is none, or is older', async () => {
    const other = keep(await createCa({ trustDomain: 'other.example', store: createMemoryCaStore() }))
    const good = encodeSpiffeBundle({ ...other.bundle(), sequence: 7 }, 10)
    let document = good
    const identity = { certificateChainPem: chainPem, privateKeyPem: keyPem }
    const endpoint = keep(await serveBundleEndpoint('127.0.0.1', 0, identity, () => document))
    const clock = createFakeClock(Date.now())
    const follower = await follow(createFakeResourceClient(), clock)
    follower.follow([{ trustDomain: 'other.example', url: `https://127.0.0.1:${endpoint.port}/`, caCertificates: web.rootPem }])
    await until(() => follower.view()).toMatchObject([{ spiffe: good }])
    for (const [next, words] of [
      ['{"keys":1}', 'refused'],
      [encodeSpiffeBundle({ ...other.bundle(), sequence: 6 }, 10), 'older'],
    ] as const) {
      document = next
      clock.advance(10_000)
      await until(() => follower.view()[0]?.failure).toContain(words)
      expect(follower.view()).toMatchObject([{ spiffe: good }])
      expect(follower.trusted()[0]?.rootsPem).toBe(other.bundle().rootsPem)
    }
  })

  it('takes a bundle that was given without an address, and an operator’s new one over what was kept', async () => {
    const other = keep(await createCa({ trustDomain: 'other.example', store: createMemoryCaStore() }))
    const follower = await follow()
    follower.follow([{ trustDomain: 'other.example', bundle: encodeSpiffeBundle(other.bundle(), 60) }])
    expect(follower.trusted()).toMatchObject([{ trustDomain: 'other.example', rootsPem: other.bundle().rootsPem }])
  })

  it.each([
    ['no list', '{}'],
    ['no JSON', '['],
    ['an entry that is none', '[1]'],
    ['the mesh itself', '[{"trustDomain":"cluster.local","url":"https://a/"}]'],
    ['one domain twice', '[{"trustDomain":"a","url":"https://a/"},{"trustDomain":"a","url":"https://a/"}]'],
    ['a name that is none', '[{"trustDomain":"A B","url":"https://a/"}]'],
    ['an address in plain text', '[{"trustDomain":"a","url":"http://a/"}]'],
    ['neither address nor bundle', '[{"trustDomain":"a"}]'],
    ['an endpoint id without a first bundle', '[{"trustDomain":"a","url":"https://a/","endpointId":"spiffe://a/b"}]'],
    ['a bundle that is none', '[{"trustDomain":"a","bundle":"x"}]'],
    ['a field of the wrong kind', '[{"trustDomain":"a","url":1}]'],
  ])('is not told to follow %s', (_, text) => {
    expect(() => readFederation(text, 'cluster.local')).toThrow(
      expect.objectContaining({ code: 'HEDDLE_CONTROL_PLANE_FEDERATION' }) as Error,
    )
  })
})
