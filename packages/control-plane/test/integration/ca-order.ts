/** Gives the authority an order as `heddle ca` does: through the API. */
import { answerOf, type OrderAnswer, type OrderData, orderKeys, ordersConfigMap } from '@heddle/ca'
import { configMaps } from '@heddle/client'
import { expect } from 'vitest'
import type { FakeControlPlane } from '../../src/testing.js'

export type { OrderAnswer } from '@heddle/ca'

let count = 0

export async function giveOrder({ api }: Pick<FakeControlPlane, 'api'>, fields: object): Promise<OrderAnswer> {
  const id = `order-${count++}`
  const data = { [orderKeys(id).order]: JSON.stringify(fields) }
  api.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: ordersConfigMap, namespace: 'istio-system' }, data })
  const answer = async (): Promise<OrderAnswer | undefined> => {
    const object = await api.get(configMaps, ordersConfigMap, 'istio-system')
    return answerOf((object?.['data'] ?? {}) as OrderData, id)
  }
  await expect.poll(answer, { interval: 5, timeout: 10_000 }).toBeDefined()
  return (await answer()) as OrderAnswer
}
