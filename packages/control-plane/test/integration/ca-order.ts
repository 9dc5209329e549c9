/** Gives the authority an order as `heddle ca` does: through the API. */
import { expect } from 'vitest'
import type { FakeControlPlane } from '../../src/testing.js'

const configMaps = { group: '', version: 'v1', plural: 'configmaps' }
const name = 'heddle-ca-orders'

export interface OrderAnswer {
  readonly id?: string
  readonly ok: boolean
  readonly message: string
}

let count = 0

export async function giveOrder({ api }: Pick<FakeControlPlane, 'api'>, fields: object): Promise<OrderAnswer> {
  const id = `order-${count++}`
  const order = JSON.stringify({ id, ...fields })
  api.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'istio-system' }, data: { order } })
  const answer = async (): Promise<OrderAnswer> => {
    const object = await api.get(configMaps, name, 'istio-system')
    return JSON.parse((object?.['data'] as Record<string, string> | undefined)?.['answer'] ?? '{}') as OrderAnswer
  }
  await expect.poll(async () => (await answer()).id, { interval: 5, timeout: 10_000 }).toBe(id)
  return answer()
}
