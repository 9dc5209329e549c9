/** Asking the authority of the mesh, and giving it orders: through the API, so that the API decides who may. */
import { randomBytes } from 'node:crypto'
import { userInfo } from 'node:os'
import { type Clock, delay, HeddleError } from '@heddle/base'
import { systemClock } from '@heddle/base/node'
import {
  answerOf,
  type AuthorityOrder,
  encodeOrder,
  openOrders,
  type OrderAnswer,
  type OrderData,
  orderKeys,
  ordersConfigMap,
} from '@heddle/ca'
import { configMaps, type KubernetesObject, type ResourceClient, statusOf } from '@heddle/client/resources'
import type { CaView } from '@heddle/control-plane'
import { istioNamespace } from '../install/profile.js'
import { askIstiods } from './istiod.js'
import type { Target } from './target.js'

/** @throws HEDDLE_CLI_NO_ISTIOD */
export async function askAuthority(target: Target): Promise<CaView> {
  const [first] = await askIstiods<CaView>(target, '/debug/ca', 'first')
  return (first as { readonly answer: CaView }).answer
}

const patienceMs = 15_000

/** What the authority answers. @throws HEDDLE_CLI_ORDER_REFUSED, HEDDLE_CLI_TIMEOUT */
export async function orderAuthority({ client }: Pick<Target, 'client'>, order: AuthorityOrder, deps: OrderDeps): Promise<string> {
  const { signal, clock = systemClock } = deps
  const id = randomBytes(12).toString('hex')
  await write(client, { [orderKeys(id).order]: encodeOrder({ order, claimedActor: userInfo().username }) })
  try {
    const endMs = clock.monotonicMs() + patienceMs
    while (clock.monotonicMs() < endMs) {
      const answer = answerOf(dataOf(await client.get(configMaps, ordersConfigMap, istioNamespace)), id)
      if (answer) return await take(client, id, answer)
      await delay(clock, 100, signal)
    }
  } catch (error) {
    if (signal.aborted) await withdraw(client, id)
    throw error
  }
  throw unanswered(await withdraw(client, id))
}

interface OrderDeps {
  readonly signal: AbortSignal
  readonly clock?: Clock
}

/** Adds keys and leaves all others alone. */
async function write(client: ResourceClient, data: Readonly<Record<string, string | null>>): Promise<void> {
  const patch = (): Promise<unknown> => client.patch(configMaps, ordersConfigMap, { data }, istioNamespace)
  try {
    await patch()
  } catch (error) {
    if (statusOf(error)?.code !== 404) throw error
    const metadata = { name: ordersConfigMap, namespace: istioNamespace }
    try {
      await client.create(configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data })
    } catch (conflict) {
      if (statusOf(conflict)?.code !== 409) throw conflict
      await patch()
    }
  }
}

async function take(client: ResourceClient, id: string, { ok, message }: OrderAnswer): Promise<string> {
  // Left where it is, it goes after an hour.
  await write(client, { [orderKeys(id).answer]: null }).catch(() => undefined)
  if (ok) return message
  throw new HeddleError({ code: 'HEDDLE_CLI_ORDER_REFUSED', message, origin: 'user' })
}

const withdrawTries = 5

/** Takes the order back unless somebody carries it out already. Whether that is certain. */
async function withdraw(client: ResourceClient, id: string): Promise<boolean> {
  for (let tries = 0; tries < withdrawTries; tries++) {
    try {
      const live = await client.get(configMaps, ordersConfigMap, istioNamespace)
      if (!live || !openOrders(dataOf(live)).includes(id)) return false
      const { [orderKeys(id).order]: _withdrawn, ...data } = dataOf(live)
      await client.update(configMaps, { ...live, data })
      return true
    } catch (error) {
      if (statusOf(error)?.code !== 409) return false
    }
  }
  return false
}

function unanswered(isWithdrawn: boolean): HeddleError {
  const fate = isWithdrawn ? 'the order was taken back' : 'the order may still be carried out'
  return new HeddleError({
    code: 'HEDDLE_CLI_TIMEOUT',
    message: `the authority has not answered within ${patienceMs / 1000} s; ${fate}`,
    hint: 'Is istiod running? heddle get pods -n istio-system. What was done by then is in: heddle ca status',
  })
}

function dataOf(object: KubernetesObject | undefined): OrderData {
  return (object?.['data'] ?? {}) as OrderData
}
