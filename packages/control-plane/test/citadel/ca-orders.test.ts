import { createFakeClock, createMemoryLogger, type FakeClock } from '@heddle/base/testing'
import { answerOf, type Ca, createCa, type OrderAnswer, type OrderData, orderKeys, ordersConfigMap } from '@heddle/ca'
import { configMaps } from '@heddle/client'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type CaOrders, followCaOrders } from '../../src/citadel/ca-orders.js'
import { createSecretCaStore } from '../../src/citadel/secret-store.js'
import { createFakeResourceClient, type FakeResourceClient } from '../../src/testing.js'

const namespace = 'istio-system'
const thief = 'spiffe://cluster.local/ns/default/sa/thief'
const open: { close(): Promise<void> }[] = []
let clock: FakeClock
let api: FakeResourceClient
beforeEach(() => {
  clock = createFakeClock()
  api = createFakeResourceClient()
})
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close()
})

interface Replica {
  readonly ca: Ca
  readonly orders: CaOrders
  /** What it carried out. */
  readonly done: () => readonly unknown[]
}

async function startReplica(client: FakeResourceClient = api): Promise<Replica> {
  const logger = createMemoryLogger()
  const ca = await createCa({ trustDomain: 'cluster.local', store: createSecretCaStore(api, namespace) }, { clock })
  const orders = followCaOrders({ client, namespace, ca }, { clock, logger })
  open.push(ca, orders)
  const done = (): readonly unknown[] =>
    logger.records.filter(({ message }) => message.startsWith('carried out')).map(({ fields }) => fields)
  return { ca, orders, done }
}

const data = async (): Promise<OrderData> => ((await api.get(configMaps, ordersConfigMap, namespace))?.['data'] ?? {}) as OrderData

/** As several operators do at once: each adds what is its own. */
function give(orders: Readonly<Record<string, object | string>>): void {
  const texts = Object.entries(orders).map(([id, order]) => [
    orderKeys(id).order,
    typeof order === 'string' ? order : JSON.stringify(order),
  ])
  api.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: ordersConfigMap, namespace }, data: Object.fromEntries(texts) })
}

const until = (check: () => unknown) => expect.poll(check, { interval: 5, timeout: 5000 })
async function answerTo(id: string): Promise<OrderAnswer> {
  await until(async () => answerOf(await data(), id)).toBeDefined()
  return answerOf(await data(), id) as OrderAnswer
}

describe('orders to the authority', () => {
  it('are carried out by one of two replicas, once, and the other knows at once', async () => {
    const [one, two] = [await startReplica(), await startReplica()]
    for (const [index, order] of [{ do: 'rotate-start' }, { do: 'rotate-abort' }, { do: 'rotate-start' }].entries()) {
      give({ [`step-${index}`]: order })
      expect(await answerTo(`step-${index}`)).toMatchObject({ ok: true })
    }
    give({ denial: { do: 'deny', spiffeId: thief, claimedActor: 'alice' } })
    expect(await answerTo('denial')).toMatchObject({ ok: true })
    expect([...one.done(), ...two.done()]).toHaveLength(4)
    for (const { ca } of [one, two]) {
      await until(() => ca.denied.entries()).toMatchObject([{ value: thief, claimedActor: 'alice' }])
      expect(ca.rotation?.plan().isRunning).toBe(true)
    }
    expect(Object.keys(await data())).toEqual(['denial.answer'])
  })

  it('that a replica claimed and never answered are taken over after a minute', async () => {
    const { order, claim } = orderKeys('left')
    const { ca, done } = await startReplica()
    api.apply({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: ordersConfigMap, namespace },
      data: {
        [order]: JSON.stringify({ do: 'deny', spiffeId: thief }),
        [claim]: JSON.stringify({ by: 'a process that has ended', atMs: clock.now() }),
        [orderKeys('next').order]: JSON.stringify({ do: 'deny', serialHex: '40aa' }),
      },
    })
    await answerTo('next')
    expect(done()).toHaveLength(1)
    clock.advance(60_000)
    expect(await answerTo('left')).toMatchObject({ ok: true })
    expect(ca.denied.entries()).toHaveLength(2)
  })

  it('that were claimed hours ago are not carried out any more, and go', async () => {
    const { ca, done } = await startReplica()
    const [old, next] = [orderKeys('old'), orderKeys('next')]
    const left = {
      [old.order]: JSON.stringify({ do: 'rotate-start' }),
      [old.claim]: JSON.stringify({ by: 'a process that has ended', atMs: clock.now() - 2 * 3_600_000 }),
    }
    const hold = (orders: OrderData): void =>
      api.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: ordersConfigMap, namespace }, data: orders })
    hold(left)
    await until(data).toEqual(left)
    hold({ ...left, [next.order]: JSON.stringify({ do: 'deny', spiffeId: thief }) })
    await answerTo('next')
    clock.advance(120_000)
    expect(done()).toHaveLength(1)
    expect(ca.rotation?.plan().isRunning).toBe(false)
    expect(Object.keys(await data())).toEqual([next.answer])
  })

  it('that come together are all carried out, each with its own answer', async () => {
    await startReplica()
    await startReplica()
    give({ a: { do: 'deny', spiffeId: thief }, b: { do: 'deny', serialHex: '40aa' }, c: { do: 'deny' }, d: 'junk' })
    expect(await answerTo('a')).toMatchObject({ ok: true, message: expect.stringContaining(thief) as string })
    expect(await answerTo('b')).toMatchObject({ ok: true, message: expect.stringContaining('40aa') as string })
    expect(await answerTo('c')).toMatchObject({ ok: false, message: expect.stringContaining('spiffeId') as string })
    expect(await answerTo('d')).toMatchObject({ ok: false, message: expect.stringContaining('no JSON') as string })
  })

  it('are answered when the API is back, and not carried out again', async () => {
    const { ca, done } = await startReplica()
    ca.denied.onChange(() => api.setAway(true))
    give({ denial: { do: 'deny', spiffeId: thief } })
    await until(done).toHaveLength(1)
    await until(() => clock.pendingTimers()).toBeGreaterThan(1)
    api.setAway(false)
    expect(answerOf(await data(), 'denial')).toBeUndefined()
    clock.advance(200)
    expect(await answerTo('denial')).toMatchObject({ ok: true })
    expect(done()).toHaveLength(1)
  })

  it('are taken when the API that would not let one claim them is back', async () => {
    const { done } = await startReplica()
    give({})
    await until(data).toEqual({})
    give({ denial: { do: 'deny', spiffeId: thief } })
    api.setAway(true)
    await until(() => clock.pendingTimers()).toBeGreaterThan(1)
    api.setAway(false)
    clock.advance(200)
    expect(await answerTo('denial')).toMatchObject({ ok: true })
    expect(done()).toHaveLength(1)
  })

  it('that somebody claimed and never finished, and answers that nobody came for, go after an hour', async () => {
    await startReplica()
    give({ stale: { do: 'rotate-start' } })
    await answerTo('stale')
    const claim = JSON.stringify({ by: 'a process that is gone', atMs: clock.now() })
    const lost = { 'lost.order': '{"do":"rotate-abort"}', 'lost.claim': claim }
    await api.patch(configMaps, ordersConfigMap, { data: lost }, namespace)
    clock.advance(3_600_001)
    await api.patch(configMaps, ordersConfigMap, { data: { 'new.order': '{"do":"rotate-abort"}' } }, namespace)
    expect(await answerTo('new')).toBeDefined()
    expect(Object.keys(await data())).toEqual(['new.answer'])
  })
})
