import { describe, expect, it } from 'vitest'
import { createSubscription, type SubscriptionRequest, type VersionedResource } from '../../src/push/subscription.js'

const resources = (versions: Record<string, string>): ReadonlyMap<string, VersionedResource> =>
  new Map(Object.entries(versions).map(([name, version]) => [name, { name, version }]))
const request = (fields: Partial<SubscriptionRequest> = {}): SubscriptionRequest => ({
  subscribe: [],
  unsubscribe: [],
  initialVersions: {},
  ...fields,
})

function subscribed(first: Partial<SubscriptionRequest> = {}) {
  let nonce = 0
  const subscription = createSubscription(() => String(++nonce))
  subscription.receive(request(first))
  return subscription
}
const names = (response: { readonly resources: readonly VersionedResource[] } | undefined) => response?.resources.map(({ name }) => name)

describe('a wildcard subscription', () => {
  it('gets everything first, then only what changed', () => {
    const subscription = subscribed()
    const first = subscription.respond(resources({ a: '1', b: '1' }), true)
    expect(names(first)).toEqual(['a', 'b'])
    subscription.receive(request({ responseNonce: first!.nonce }))
    const second = subscription.respond(resources({ a: '2', c: '1' }), true)
    expect(names(second)).toEqual(['a', 'c'])
    expect(second?.removed).toEqual(['b'])
  })

  it('is answered once even when there is nothing, so that the proxy knows it is complete', () => {
    const subscription = subscribed()
    expect(subscription.respond(resources({}), true)).toMatchObject({ resources: [], removed: [] })
  })

  it('transfers nothing that the proxy still held after a reconnect', () => {
    const subscription = subscribed({ initialVersions: { a: '1', gone: '1' } })
    const response = subscription.respond(resources({ a: '1', b: '1' }), true)
    expect(names(response)).toEqual(['b'])
    expect(response?.removed).toEqual(['gone'])
  })

  it('holds removals back while others may refer to the resource', () => {
    const subscription = subscribed({ initialVersions: { a: '1', b: '1' } })
    const response = subscription.respond(resources({ a: '2' }), false)
    expect(response).toMatchObject({ removed: [] })
    subscription.receive(request({ responseNonce: response!.nonce }))
    expect(subscription.isBehind(resources({ a: '2' }))).toBe(true)
    expect(subscription.respond(resources({ a: '2' }), true)).toMatchObject({ resources: [], removed: ['b'] })
  })
})

describe('a subscription by name', () => {
  it('gets only its names, and is told of those that do not exist', () => {
    const subscription = subscribed({ subscribe: ['a', 'missing'] })
    const response = subscription.respond(resources({ a: '1', b: '1' }), true)
    expect(names(response)).toEqual(['a'])
    expect(response?.removed).toEqual(['missing'])
  })

  it('answers a name again when it is subscribed again', () => {
    const subscription = subscribed({ subscribe: ['a'] })
    const first = subscription.respond(resources({ a: '1' }), true)
    subscription.receive(request({ responseNonce: first!.nonce, subscribe: ['a'] }))
    expect(names(subscription.respond(resources({ a: '1' }), true))).toEqual(['a'])
  })

  it('counts new names even when the nonce is stale', () => {
    const subscription = subscribed({ subscribe: ['a'] })
    const first = subscription.respond(resources({ a: '1', b: '1' }), true)
    subscription.receive(request({ responseNonce: 'old', subscribe: ['b'] }))
    expect(subscription.isWaiting).toBe(true)
    subscription.receive(request({ responseNonce: first!.nonce }))
    expect(names(subscription.respond(resources({ a: '1', b: '1' }), true))).toEqual(['b'])
  })

  it('forgets names that are unsubscribed', () => {
    const subscription = subscribed({ subscribe: ['a', 'b'] })
    const first = subscription.respond(resources({ a: '1', b: '1' }), true)
    subscription.receive(request({ responseNonce: first!.nonce, unsubscribe: ['b'] }))
    expect(subscription.respond(resources({ a: '1', b: '2' }), true)).toBeUndefined()
  })
})

describe('acknowledgement', () => {
  it('is awaited before anything more is sent; changes merge meanwhile', () => {
    const subscription = subscribed()
    const first = subscription.respond(resources({ a: '1' }), true)
    expect(subscription.respond(resources({ a: '2' }), true)).toBeUndefined()
    expect(subscription.status(resources({ a: '2' })).state).toBe('STALE')
    subscription.receive(request({ responseNonce: first!.nonce }))
    expect(subscription.respond(resources({ a: '3' }), true)?.resources).toEqual([{ name: 'a', version: '3' }])
  })

  it('makes the proxy SYNCED', () => {
    const subscription = subscribed()
    expect(subscription.status(resources({ a: '1' })).state).toBe('NOT SENT')
    const first = subscription.respond(resources({ a: '1' }), true)
    subscription.receive(request({ responseNonce: first!.nonce }))
    expect(subscription.status(resources({ a: '1' }))).toEqual({ state: 'SYNCED', resourceCount: 1 })
  })

  it('carries the reason of a refusal, which is not sent again until something changes', () => {
    const subscription = subscribed()
    const first = subscription.respond(resources({ a: '1' }), true)
    subscription.receive(request({ responseNonce: first!.nonce, errorMessage: 'bad port' }))
    expect(subscription.status(resources({ a: '1' }))).toMatchObject({ state: 'ERROR', error: 'bad port' })
    expect(subscription.respond(resources({ a: '1' }), true)).toBeUndefined()
    const second = subscription.respond(resources({ a: '2' }), true)
    subscription.receive(request({ responseNonce: second!.nonce }))
    expect(subscription.status(resources({ a: '2' })).state).toBe('SYNCED')
  })

  it('with a reason holds for the resource it names until that one is accepted or gone', () => {
    const subscription = subscribed()
    const now: Record<string, string> = { good: '1', bad: '1', worse: '1' }
    const answer = (errorMessage?: string): void => {
      const { nonce } = subscription.respond(resources(now), true)!
      subscription.receive(request({ responseNonce: nonce, ...(errorMessage === undefined ? {} : { errorMessage }) }))
    }
    const status = () => subscription.status(resources(now))
    answer('bad: its port is taken; worse: so is this')
    now['good'] = '2'
    answer()
    expect(status()).toMatchObject({ state: 'ERROR', error: 'bad: its port is taken; worse: so is this' })
    delete now['worse']
    answer()
    expect(status().state).toBe('ERROR')
    subscription.receive(request({ subscribe: ['bad'] }))
    answer()
    expect(status().state).toBe('SYNCED')
  })

  it('tells whether an older version of the resource may still run', () => {
    const subscription = subscribed({ initialVersions: { older: '1' } })
    const refuse = (now: Record<string, string>, errorMessage: string): void => {
      const { nonce } = subscription.respond(resources(now), true)!
      subscription.receive(request({ responseNonce: nonce, errorMessage }))
    }
    refuse({ older: '1', fresh: '1' }, 'fresh: its port is taken')
    expect(subscription.runsOlder).toBe(false)
    refuse({ older: '2', fresh: '1' }, 'older: its port is taken')
    expect(subscription.runsOlder).toBe(true)
    const { nonce } = subscription.respond(resources({ fresh: '1' }), true)!
    subscription.receive(request({ responseNonce: nonce }))
    expect(subscription.runsOlder).toBe(false)
  })
})
