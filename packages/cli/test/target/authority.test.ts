import { createFakeClock } from '@heddle/base/testing'
import { openOrders, type OrderData, orderKeys, ordersConfigMap, parseOrder } from '@heddle/ca'
import { configMaps, type KubernetesObject } from '@heddle/client/resources'
import { createFakeResourceClient } from '@heddle/control-plane/testing'
import { describe, expect, it } from 'vitest'
import { orderAuthority } from '../../src/target/authority.js'

const namespace = 'istio-system'
const subjects = ['a', 'b', 'c'].map((name) => `spiffe://cluster.local/ns/default/sa/${name}`)
const until = (check: () => unknown) => expect.poll(check, { interval: 5, timeout: 5000 })

function harness() {
  const [client, clock, ending] = [createFakeResourceClient(), createFakeClock(), new AbortController()]
  const data = async (): Promise<OrderData> => ((await client.get(configMaps, ordersConfigMap, namespace))?.['data'] ?? {}) as OrderData
  const patch = (change: object): Promise<KubernetesObject> => client.patch(configMaps, ordersConfigMap, { data: change }, namespace)
  const deny = (spiffeId: string): Promise<string> => orderAuthority({ client }, { do: 'deny', spiffeId }, { signal: ending.signal, clock })
  const answer = (id: string, ok: boolean, message: string): Promise<KubernetesObject> =>
    patch({ [orderKeys(id).order]: null, [orderKeys(id).answer]: JSON.stringify({ ok, message, atMs: 0 }) })
  const isWaiting = () => until(() => clock.pendingTimers()).toBeGreaterThan(0)
  const runOut = async (): Promise<void> => {
    while (clock.monotonicMs() < 16_000) {
      clock.advance(100)
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  return { client, clock, ending, data, patch, deny, answer, isWaiting, runOut }
}

describe('an order through the API', () => {
  it('of operators at the same time: each stands, each gets its own answer, and nothing is left', async () => {
    const { data, deny, answer, clock } = harness()
    const answers = subjects.map(deny)
    await until(async () => openOrders(await data())).toHaveLength(3)
    for (const id of openOrders(await data())) {
      const given = parseOrder((await data())[orderKeys(id).order] ?? '')
      expect(given).toMatchObject({ ok: true, claimedActor: expect.any(String) as string })
      await answer(id, true, JSON.stringify(given))
    }
    clock.advance(100)
    for (const [index, text] of (await Promise.all(answers)).entries()) expect(text).toContain(subjects[index])
    expect(await data()).toEqual({})
  })

  it('is refused in the words of the authority, whatever else was written into the ConfigMap by hand', async () => {
    const { data, patch, deny, answer, clock, isWaiting } = harness()
    const refused = expect(deny('spiffe://a')).rejects.toMatchObject({ code: 'HEDDLE_CLI_ORDER_REFUSED', message: 'no workload' })
    await until(async () => openOrders(await data())).toHaveLength(1)
    const [id = ''] = openOrders(await data())
    await patch({ [orderKeys(id).answer]: '{ by hand', note: 'mine' })
    await isWaiting()
    clock.advance(100)
    await isWaiting()
    await answer(id, false, 'no workload')
    clock.advance(100)
    await refused
    expect(await data()).toEqual({ note: 'mine' })
  })

  it('that nobody takes is taken back', async () => {
    const { data, deny, isWaiting, runOut } = harness()
    const failed = expect(deny('spiffe://a')).rejects.toMatchObject({
      code: 'HEDDLE_CLI_TIMEOUT',
      message: expect.stringContaining('was taken back') as string,
    })
    await isWaiting()
    await runOut()
    await failed
    expect(await data()).toEqual({})
  })

  it('that somebody has begun may still be carried out, which is said', async () => {
    const { data, patch, deny, isWaiting, runOut } = harness()
    const failed = expect(deny('spiffe://a')).rejects.toMatchObject({
      code: 'HEDDLE_CLI_TIMEOUT',
      message: expect.stringContaining('may still be carried out') as string,
    })
    await isWaiting()
    const [id = ''] = openOrders(await data())
    await patch({ [orderKeys(id).claim]: '{"by":"one","atMs":0}' })
    await runOut()
    await failed
    expect(Object.keys(await data())).toHaveLength(2)
  })

  it('whose giver goes away is taken back', async () => {
    const { data, deny, ending, isWaiting } = harness()
    const failed = expect(deny('spiffe://a')).rejects.toThrow('gone')
    await isWaiting()
    ending.abort(new Error('gone'))
    await failed
    expect(await data()).toEqual({})
  })
})
