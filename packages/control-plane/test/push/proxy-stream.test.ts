import { typeUrls, type XdsResource } from '@heddle/xds'
import { describe, expect, it } from 'vitest'
import { indexResources, type ProxyResources } from '../../src/push/proxy-resources.js'
import { createProxyStream } from '../../src/push/proxy-stream.js'

type Kind = 'cluster' | 'endpoint' | 'listener' | 'routeConfiguration'
const kinds: readonly Kind[] = ['cluster', 'endpoint', 'listener', 'routeConfiguration']

const resource = (name: string, version: string): XdsResource => ({ name, version, typeUrl: '', bytes: new Uint8Array() })
const resources = (versions: Partial<Record<Kind, Record<string, string>>>): ProxyResources =>
  indexResources(
    kinds.map((kind) => [typeUrls[kind], Object.entries(versions[kind] ?? {}).map(([name, version]) => resource(name, version))]),
  )

/** A stream whose proxy answers when the test says so; `log` has what was sent, in order. */
function harness(initial: ProxyResources) {
  const log: string[] = []
  const refusals: string[] = []
  const nonces = new Map<string, string>()
  const stream = createProxyStream(initial, {
    send(typeUrl, response) {
      const kind = kinds.find((name) => typeUrls[name] === typeUrl) ?? typeUrl
      nonces.set(kind, response.nonce)
      log.push([kind, ...response.resources.map(({ name }) => name), ...response.removed.map((name) => `-${name}`)].join(' '))
    },
    onRefused: (_typeUrl, reason) => refusals.push(reason),
  })
  const request = (kind: string, fields: { subscribe?: string[]; responseNonce?: string; errorMessage?: string } = {}) =>
    stream.receive(typeUrls[kind as Kind] ?? kind, { subscribe: [], unsubscribe: [], initialVersions: {}, ...fields })
  const answer = (kind: Kind, errorMessage?: string) =>
    request(kind, { responseNonce: nonces.get(kind) as string, ...(errorMessage === undefined ? {} : { errorMessage }) })
  const subscribeAll = () => {
    request('cluster')
    request('endpoint', { subscribe: ['a', 'b'] })
    request('listener')
    request('routeConfiguration', { subscribe: ['r'] })
    for (const kind of kinds) answer(kind)
    log.length = 0
  }
  return { stream, log, refusals, request, answer, subscribeAll }
}

const first = resources({
  cluster: { a: '1', b: '1' },
  endpoint: { a: '1', b: '1' },
  listener: { l: '1' },
  routeConfiguration: { r: '1' },
})

describe('a push', () => {
  it('sends clusters, endpoints, listeners and routes in this order', () => {
    const { stream, log, subscribeAll } = harness(first)
    subscribeAll()
    stream.push(
      resources({
        cluster: { a: '2', b: '1' },
        endpoint: { a: '2', b: '1' },
        listener: { l: '2' },
        routeConfiguration: { r: '2' },
      }),
    )
    expect(log).toEqual(['cluster a', 'endpoint a', 'listener l', 'routeConfiguration r'])
  })

  it('that changes nothing for this proxy sends nothing', () => {
    const { stream, log, subscribeAll } = harness(first)
    subscribeAll()
    stream.push(
      resources({ cluster: { a: '1', b: '1' }, endpoint: { a: '1', b: '1' }, listener: { l: '1' }, routeConfiguration: { r: '1' } }),
    )
    expect(log).toEqual([])
  })

  it('holds one unacknowledged response of a type; what comes meanwhile is merged', () => {
    const { stream, log, answer, subscribeAll } = harness(first)
    subscribeAll()
    for (const version of ['2', '3', '4']) {
      stream.push(
        resources({ cluster: { a: version, b: '1' }, endpoint: { a: '1', b: '1' }, listener: { l: '1' }, routeConfiguration: { r: '1' } }),
      )
    }
    expect(log).toEqual(['cluster a'])
    answer('cluster')
    answer('cluster')
    expect(log).toEqual(['cluster a', 'cluster a'])
  })
})

describe('make before break', () => {
  const without = resources({ cluster: { a: '1' }, endpoint: { a: '1' }, listener: { l: '2' }, routeConfiguration: { r: '2' } })

  it('removes a cluster only after listeners and routes were acknowledged', () => {
    const { stream, log, answer, subscribeAll } = harness(first)
    subscribeAll()
    stream.push(without)
    expect(log).toEqual(['listener l', 'routeConfiguration r'])
    answer('listener')
    expect(log).toHaveLength(2)
    answer('routeConfiguration')
    expect(log.slice(2)).toEqual(['cluster -b', 'endpoint -b'])
  })

  it('keeps the cluster of a proxy that refused the new routes, for it still runs the old ones', () => {
    const { stream, log, refusals, answer, subscribeAll } = harness(first)
    subscribeAll()
    stream.push(without)
    answer('listener')
    answer('routeConfiguration', 'a domain is there twice')
    expect(refusals).toEqual(['a domain is there twice'])
    expect(log).toEqual(['listener l', 'routeConfiguration r'])
    stream.push(resources({ cluster: { a: '1' }, endpoint: { a: '1' }, listener: { l: '2' }, routeConfiguration: { r: '3' } }))
    answer('routeConfiguration')
    expect(log.slice(3)).toEqual(['cluster -b', 'endpoint -b'])
  })
})

it('answers a type that nothing is known of, so that nobody waits for it', () => {
  const { log, request } = harness(first)
  request('type.googleapis.com/unknown')
  expect(log).toEqual(['type.googleapis.com/unknown'])
})

it('ends a stream that asks for more types than there are', () => {
  const { request } = harness(first)
  expect(() => {
    for (let index = 0; index < 40; index++) request(`type ${index}`)
  }).toThrow(/more than 32 resource types/)
})
