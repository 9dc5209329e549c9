import { silentLogger } from '@heddle/base'
import { createFakeClock, createSeededRandom } from '@heddle/base/testing'
import type { Cluster, Listener, ProxyConfig, Secret } from '@heddle/routing'
import { describe, expect, it } from 'vitest'
import { createAdsClient } from '../../src/ads/ads-client.js'
import type { DeltaRequest, DeltaResponse } from '@heddle/xds'
import type { AdsStreamHandlers } from '../../src/ads/ads-stream.js'
import { createResourceTable } from '../../src/ads/resource-table.js'
import type { ResourceFault } from '../../src/ads/snapshot.js'

const typeUrls = { clusters: 'CDS', endpoints: 'EDS', listeners: 'LDS', routes: 'RDS', secrets: 'SDS' }
const decode = <Value>(bytes: Uint8Array): Value => {
  const value = JSON.parse(Buffer.from(bytes).toString()) as Value & { bad?: string }
  if (value.bad) throw new Error(value.bad)
  return value
}
const resource = (value: { name?: string; clusterName?: string; bad?: string }, version = '1') => ({
  name: (value.name ?? value.clusterName) as string,
  typeUrl: '',
  version,
  bytes: Buffer.from(JSON.stringify(value)),
})
const edsCluster = (name: string): Cluster => ({ name, type: 'EDS' })
const rdsListener = (name: string, routeConfigName: string): Listener => ({
  name,
  address: { address: '0.0.0.0', port: 80 },
  trafficDirection: 'outbound',
  filterChains: [
    {
      filters: [
        { kind: 'http-connection-manager', manager: { statPrefix: name, routes: { kind: 'rds', routeConfigName }, httpFilters: [] } },
      ],
    },
  ],
})

/** A client with a scripted control plane: what it sends is in `sent`, `answer` speaks for the server. */
function harness(apply: (config: ProxyConfig) => Promise<readonly ResourceFault[]> = async () => []) {
  const clock = createFakeClock()
  const configs: ProxyConfig[] = []
  const streams: { handlers: AdsStreamHandlers; sent: DeltaRequest[] }[] = []
  const tables = {
    clusters: createResourceTable<Cluster>(decode),
    endpoints: createResourceTable<never>(decode, 'by-name'),
    listeners: createResourceTable<Listener>(decode),
    routes: createResourceTable<never>(decode, 'by-name'),
    secrets: createResourceTable<Secret>(decode, 'kept'),
  }
  const secrets: string[] = []
  const client = createAdsClient(
    {
      tables,
      typeUrls,
      onConfig: async (config) => {
        const faults = await apply(config)
        configs.push(config)
        return faults
      },
      onSecrets: (names) => secrets.push(...names),
      open: (handlers) => {
        const stream = { handlers, sent: [] as DeltaRequest[] }
        streams.push(stream)
        return { send: (request) => stream.sent.push(request), close: () => {} }
      },
    },
    { clock, random: createSeededRandom(1), logger: silentLogger },
  )
  client.start()
  let nonce = 0
  const answer = async (typeUrl: string, resources: DeltaResponse['resources'], removed: readonly string[] = []) => {
    streams.at(-1)!.handlers.onResponse({ typeUrl, nonce: String(++nonce), resources, removed })
    await new Promise<void>((resolve) => setImmediate(resolve))
  }
  const sent = () => streams.at(-1)!.sent
  const acknowledgements = () => sent().filter((request) => request.responseNonce !== undefined)
  return { client, clock, configs, streams, tables, secrets, sent, answer, acknowledgements }
}

describe('the ADS client', () => {
  it('asks for all clusters and listeners first', () => {
    expect(
      harness()
        .sent()
        .map(({ typeUrl, subscribe }) => [typeUrl, subscribe]),
    ).toEqual([
      ['CDS', []],
      ['LDS', []],
    ])
  })

  it('follows references before it acknowledges, and applies once everything is there', async () => {
    const { answer, sent, configs, acknowledgements } = harness()
    await answer('CDS', [resource(edsCluster('reviews'))])
    expect(sent().at(-1)).toMatchObject({ typeUrl: 'EDS', subscribe: ['reviews'] })
    await answer('LDS', [resource(rdsListener('http', '80'))])
    expect(sent().at(-1)).toMatchObject({ typeUrl: 'RDS', subscribe: ['80'] })
    await answer('EDS', [resource({ clusterName: 'reviews' })])
    expect(acknowledgements()).toEqual([])
    await answer('RDS', [resource({ name: '80' })])
    expect(configs).toHaveLength(1)
    expect(configs[0]?.clusters).toEqual([edsCluster('reviews')])
    expect(acknowledgements().map(({ typeUrl, responseNonce, errorMessage }) => [typeUrl, responseNonce, errorMessage])).toEqual([
      ['CDS', '1', undefined],
      ['LDS', '2', undefined],
      ['EDS', '3', undefined],
      ['RDS', '4', undefined],
    ])
  })

  it('acknowledges endpoints and routes at once when more of them are needed, since the server waits for that', async () => {
    const { answer, acknowledgements, configs } = harness()
    await answer('CDS', [resource(edsCluster('a'))])
    await answer('LDS', [resource(rdsListener('http', '80'))])
    await answer('EDS', [resource({ clusterName: 'a' })])
    await answer('RDS', [resource({ name: '80' })])
    const before = acknowledgements().length
    // New endpoints of `a` come after the cluster `b`, whose own endpoints the server may send only then.
    await answer('CDS', [resource(edsCluster('b'))])
    await answer('EDS', [resource({ clusterName: 'a' }, '2')])
    expect(acknowledgements().slice(before)).toMatchObject([{ typeUrl: 'EDS', responseNonce: '6' }])
    await answer('LDS', [resource(rdsListener('other', '81'))])
    await answer('RDS', [resource({ name: '80' }, '2')])
    expect(acknowledgements().slice(before)).toMatchObject([{ responseNonce: '6' }, { typeUrl: 'RDS', responseNonce: '8' }])
    expect(configs).toHaveLength(1)
    await answer('EDS', [resource({ clusterName: 'b' })])
    await answer('RDS', [resource({ name: '81' })])
    expect(configs).toHaveLength(2)
    expect(acknowledgements()).toHaveLength(before + 6)
  })

  it('counts a reference that does not exist as arrived', async () => {
    const { answer, configs } = harness()
    await answer('CDS', [resource(edsCluster('gone'))])
    await answer('LDS', [])
    await answer('EDS', [], ['gone'])
    expect(configs).toHaveLength(1)
  })

  it('refuses one bad resource by name and applies its neighbours', async () => {
    const { answer, configs, acknowledgements } = harness()
    await answer('LDS', [])
    await answer('CDS', [resource({ name: 'good' }), resource({ name: 'bad', bad: 'connect timeout must be positive' })])
    expect(configs[0]?.clusters.map(({ name }) => name)).toEqual(['good'])
    expect(acknowledgements().find(({ typeUrl }) => typeUrl === 'CDS')?.errorMessage).toBe('bad: connect timeout must be positive')
  })

  it('refuses what the proxy could not apply', async () => {
    const { answer, acknowledgements } = harness(async () => {
      throw new Error('port 80 is taken')
    })
    await answer('CDS', [])
    await answer('LDS', [])
    expect(acknowledgements().map(({ errorMessage }) => errorMessage)).toEqual(['port 80 is taken', 'port 80 is taken'])
  })

  it('unsubscribes what nothing refers to any more', async () => {
    const { answer, sent } = harness()
    await answer('LDS', [])
    await answer('CDS', [resource(edsCluster('a')), resource(edsCluster('b'))])
    await answer('EDS', [resource({ clusterName: 'a' }), resource({ clusterName: 'b' })])
    await answer('CDS', [], ['a'])
    expect(sent().find(({ unsubscribe }) => unsubscribe.length > 0)).toMatchObject({ typeUrl: 'EDS', unsubscribe: ['a'] })
  })

  it('reconnects within two seconds and says what it still holds', async () => {
    const { answer, clock, streams, sent, client, configs } = harness()
    await answer('LDS', [])
    await answer('CDS', [resource(edsCluster('a'), '7')])
    await answer('EDS', [resource({ clusterName: 'a' }, '9')])
    streams[0]!.handlers.onEnd('gone')
    expect(client.isConnected).toBe(false)
    clock.advance(2000)
    expect(streams).toHaveLength(2)
    expect(sent().map(({ typeUrl, initialVersions }) => [typeUrl, initialVersions])).toEqual([
      ['CDS', { a: '7' }],
      ['EDS', { a: '9' }],
      ['LDS', {}],
    ])
    expect(configs).toHaveLength(1)
  })

  it('ignores what an old stream still says', async () => {
    const { clock, streams, configs } = harness()
    streams[0]!.handlers.onEnd('gone')
    clock.advance(2000)
    streams[0]!.handlers.onResponse({ typeUrl: 'CDS', nonce: '1', resources: [], removed: [] })
    streams[0]!.handlers.onEnd('again')
    expect(streams).toHaveLength(2)
    expect(configs).toEqual([])
  })
})

const plainListener = (name: string): Listener => ({
  name,
  address: { address: '0.0.0.0', port: 80 },
  trafficDirection: 'outbound',
  filterChains: [],
})

/** A proxy that cannot use the listener `bad` as long as `isTaken`. */
function proxyWithTakenPort() {
  const state = { isTaken: true }
  const fault: ResourceFault = { kind: 'listeners', name: 'bad', message: 'listener "bad": its port is taken' }
  const apply = async ({ listeners }: ProxyConfig): Promise<readonly ResourceFault[]> =>
    state.isTaken && listeners.some(({ name }) => name === 'bad') ? [fault] : []
  return { state, ...harness(apply) }
}

const verdicts = (requests: readonly DeltaRequest[]) => requests.map(({ typeUrl, errorMessage }) => [typeUrl, errorMessage])

describe('a resource that the proxy cannot use', () => {
  it('is named in the answer to its own response only, and later responses are accepted', async () => {
    const { answer, acknowledgements, configs } = proxyWithTakenPort()
    await answer('CDS', [])
    await answer('LDS', [resource(plainListener('bad')), resource(plainListener('good'))])
    expect(verdicts(acknowledgements())).toEqual([
      ['CDS', undefined],
      ['LDS', 'listener "bad": its port is taken'],
    ])
    await answer('CDS', [resource({ name: 'unrelated' })])
    await answer('LDS', [resource(plainListener('other'))])
    expect(verdicts(acknowledgements()).slice(2)).toEqual([
      ['CDS', undefined],
      ['LDS', undefined],
    ])
    expect(configs.at(-1)?.listeners.map(({ name }) => name)).toEqual(['bad', 'good', 'other'])
  })

  it('is not among the versions that the next stream is told, but its last accepted version is', async () => {
    const { answer, clock, streams, sent, state } = proxyWithTakenPort()
    state.isTaken = false
    await answer('CDS', [])
    await answer('LDS', [resource(plainListener('bad'), '1'), resource(plainListener('good'), '1')])
    state.isTaken = true
    await answer('LDS', [resource(plainListener('bad'), '2'), resource(plainListener('good'), '2')])
    streams[0]!.handlers.onEnd('gone')
    clock.advance(2000)
    expect(sent().find(({ typeUrl }) => typeUrl === 'LDS')?.initialVersions).toEqual({ bad: '1', good: '2' })
  })

  it('is asked for again once it is usable, so that the control plane hears of it', async () => {
    const { answer, sent, acknowledgements, state, client } = proxyWithTakenPort()
    await answer('CDS', [])
    await answer('LDS', [resource(plainListener('bad'))])
    state.isTaken = false
    client.recheck()
    await expect.poll(() => sent().at(-1)).toMatchObject({ typeUrl: 'LDS', subscribe: ['bad'] })
    await answer('LDS', [resource(plainListener('bad'))])
    expect(acknowledgements().at(-1)).toMatchObject({ typeUrl: 'LDS', responseNonce: '3' })
    expect(acknowledgements().at(-1)?.errorMessage).toBeUndefined()
  })

  it('keeps what its last good version refers to', async () => {
    const { answer, sent, state } = proxyWithTakenPort()
    state.isTaken = false
    await answer('CDS', [])
    await answer('LDS', [resource(rdsListener('bad', 'old'))])
    await answer('RDS', [resource({ name: 'old' })])
    state.isTaken = true
    await answer('LDS', [resource(rdsListener('bad', 'new'), '2')])
    await answer('RDS', [resource({ name: 'new' })])
    expect(sent().flatMap(({ unsubscribe }) => unsubscribe)).toEqual([])
  })
})

describe('answers across streams', () => {
  it('never go to another stream than the response came on', async () => {
    let finish: () => void = () => {}
    const { answer, clock, streams, acknowledgements } = harness(() => new Promise((resolve) => (finish = () => resolve([]))))
    await answer('CDS', [])
    await answer('LDS', [])
    streams[0]!.handlers.onEnd('gone')
    clock.advance(2000)
    finish()
    await new Promise<void>((resolve) => setImmediate(resolve))
    expect(acknowledgements()).toEqual([])
  })
})

const tlsListener = (name: string, secret: string): Listener => ({
  ...plainListener(name),
  filterChains: [
    { filters: [], tls: { common: { certificates: [{ name: secret, source: 'ads' }] }, requireClientCertificate: false } },
    { filters: [], tls: { common: { certificates: [{ name: 'default', source: 'agent' }] }, requireClientCertificate: false } },
  ],
})

describe('secrets', () => {
  it('are asked for by name when a listener refers to them, and are there before its configuration is', async () => {
    const { answer, sent, configs, secrets, tables } = harness()
    await answer('CDS', [])
    await answer('LDS', [resource(tlsListener('edge', 'kubernetes://web'))])
    expect(sent().at(-1)).toMatchObject({ typeUrl: 'SDS', subscribe: ['kubernetes://web'] })
    expect(configs).toEqual([])
    await answer('SDS', [resource({ name: 'kubernetes://web' })])
    expect(secrets).toEqual(['kubernetes://web'])
    expect(configs).toHaveLength(1)
    await answer('SDS', [resource({ name: 'kubernetes://web' }, '2')])
    expect(configs).toHaveLength(1)
    expect(tables.secrets.held.get('kubernetes://web')?.version).toBe('2')
  })

  it('that do not exist, or that nobody answers for, hold nothing up', async () => {
    const { answer, configs, clock } = harness()
    await answer('CDS', [])
    await answer('LDS', [resource(tlsListener('edge', 'kubernetes://gone'))])
    await answer('SDS', [], ['kubernetes://gone'])
    expect(configs).toHaveLength(1)
    await answer('LDS', [resource(tlsListener('other', 'kubernetes://silent'))])
    expect(configs).toHaveLength(1)
    clock.advance(1000)
    await expect.poll(() => configs.length).toBe(2)
  })

  it('outlive their removal while something refers to them', async () => {
    const { answer, tables, sent } = harness()
    await answer('CDS', [])
    await answer('LDS', [resource(tlsListener('edge', 'kubernetes://web'))])
    await answer('SDS', [resource({ name: 'kubernetes://web' })])
    await answer('SDS', [], ['kubernetes://web'])
    expect(tables.secrets.held.has('kubernetes://web')).toBe(true)
    await answer('LDS', [], ['edge'])
    expect(sent().at(-1)).toMatchObject({ typeUrl: 'SDS', unsubscribe: ['kubernetes://web'] })
    expect(tables.secrets.held.has('kubernetes://web')).toBe(false)
  })
})
