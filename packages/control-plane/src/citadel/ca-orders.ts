/**
 * Carries out what operators order the authority to do through the API: whoever may change the ConfigMap `heddle-ca-orders` of the control
 * plane's namespace may rotate roots and deny workloads, and nobody else. Of the replicas that see an order one claims it and carries it
 * out, once; the others adopt what it did, and take over what it leaves behind. Who gave it is what the order itself claims: the API's own audit log knows.
 */
import { type Clock, delay, type Logger, messageOf, type Random, type Timer } from '@heddle/base'
import { systemClock, systemRandom } from '@heddle/base/node'
import {
  answeredOrders,
  type Ca,
  claimOf,
  type JoinTokens,
  lapsedOrders,
  nextLapseMs,
  openOrders,
  type OrderAnswer,
  type OrderData,
  orderKeys,
  ordersConfigMap,
  parseOrder,
  withoutOld,
} from '@heddle/ca'
import { configMaps, type Informer, type KubernetesObject, type ResourceClient, statusOf } from '@heddle/client'
import { carryOut } from './carry-out-order.js'

export interface CaOrdersOptions {
  readonly client: ResourceClient
  readonly namespace: string
  readonly ca: Ca
  /** Default: none can be made. */
  readonly joinTokens?: JoinTokens
}

export interface CaOrdersDeps {
  readonly logger: Logger
  readonly clock?: Clock
  readonly random?: Random
}

export interface CaOrders {
  close(): Promise<void>
}

/** Answers that nobody came for, and orders that were never finished, go after an hour. */
const keepMs = 3_600_000
const firstRetryMs = 200
const maxRetryMs = 10_000

export function followCaOrders(options: CaOrdersOptions, deps: CaOrdersDeps): CaOrders {
  return new FollowedOrders(options, deps)
}

class FollowedOrders implements CaOrders {
  readonly #options: CaOrdersOptions
  readonly #logger: Logger
  readonly #clock: Clock
  /** This process, in claims. */
  readonly #name: string
  readonly #informer: Informer
  readonly #ending = new AbortController()
  readonly #begun = new Set<string>()
  /** One at a time, in this process. */
  #tail: Promise<void> = Promise.resolve()
  #answered: readonly string[] = []
  /** For the claim that lapses next. */
  #lapse: Timer | undefined

  constructor(options: CaOrdersOptions, { logger, clock = systemClock, random = systemRandom }: CaOrdersDeps) {
    this.#options = options
    this.#logger = logger
    this.#clock = clock
    this.#name = Buffer.from(random.bytes(8)).toString('hex')
    const { client, namespace } = options
    this.#informer = client.watch(configMaps, {
      namespace,
      fieldSelector: `metadata.name=${ordersConfigMap}`,
      onEvent: (event) => {
        if (event.type === 'applied' && event.object.metadata.name === ordersConfigMap) this.#see(dataOf(event.object))
      },
    })
  }

  async close(): Promise<void> {
    this.#ending.abort()
    this.#lapse?.cancel()
    await this.#informer.close()
    await this.#tail
  }

  #see(data: OrderData): void {
    const news = answeredOrders(data).filter((id) => !this.#answered.includes(id) && !this.#begun.has(id))
    this.#answered = answeredOrders(data)
    for (const id of this.#begun) if (!Object.keys(data).some((key) => key.startsWith(`${id}.`))) this.#begun.delete(id)
    // What another replica did is known here once a minute otherwise: too late for somebody who is denied.
    if (news.length > 0) this.#inTurn('adopt what another replica did', () => this.#options.ca.refresh())
    for (const id of this.#freeOrders(data)) this.#inTurn('take an order', () => this.#take(id))
    this.#awaitLapse(data)
  }

  /** Whoever gave an order that was claimed long ago has given it up. */
  #freeOrders(data: OrderData): readonly string[] {
    const nowMs = this.#clock.now()
    const recent = withoutOld(data, nowMs - keepMs)
    return [...openOrders(recent), ...lapsedOrders(recent, nowMs)]
  }

  #awaitLapse(data: OrderData): void {
    this.#lapse?.cancel()
    const nowMs = this.#clock.now()
    const lapseMs = nextLapseMs(data, nowMs)
    if (lapseMs === undefined || this.#ending.signal.aborted) return
    this.#lapse = this.#clock.setTimer(lapseMs - nowMs, () => this.#inTurn('look after a claim', () => this.#look()))
  }

  async #look(): Promise<void> {
    this.#see(dataOf(await this.#options.client.get(configMaps, ordersConfigMap, this.#options.namespace)))
  }

  /** Until it works, or the end. */
  #inTurn(what: string, step: () => Promise<void>): void {
    this.#tail = this.#tail.then(async () => {
      const { signal } = this.#ending
      let retryMs = firstRetryMs
      while (!signal.aborted) {
        try {
          return await step()
        } catch (error) {
          this.#logger.warn(`the authority cannot ${what} yet`, { error: messageOf(error), retryMs })
          await delay(this.#clock, retryMs, signal).catch(() => undefined)
          retryMs = Math.min(retryMs * 2, maxRetryMs)
        }
      }
    })
  }

  async #take(id: string): Promise<void> {
    const text = await this.#claim(id)
    if (text === undefined) return
    this.#begun.add(id)
    const given = parseOrder(text)
    const answer = given.ok ? await carryOut(this.#options, given) : { ok: false, message: given.reason }
    const { ok, message } = answer
    this.#logger.info('carried out an order to the authority', {
      order: given.ok ? given.order.do : undefined,
      claimedActor: given.ok ? given.claimedActor : undefined,
      ok,
      message,
    })
    // Not the step above once more: the order was carried out.
    this.#inTurn('answer an order', () => this.#answer(id, { ok, message, atMs: this.#clock.now() }))
  }

  /** The order, when it is this process that carries it out. @throws when the API does not say */
  async #claim(id: string): Promise<string | undefined> {
    const { client, namespace } = this.#options
    const { order, claim } = orderKeys(id)
    for (;;) {
      const live = await client.get(configMaps, ordersConfigMap, namespace)
      const data = dataOf(live)
      const text = data[order]
      if (!live || text === undefined || this.#begun.has(id)) return undefined
      // A claim whose answer from the API was lost is still ours.
      if (claimOf(data, id)?.by === this.#name) return text
      if (!this.#freeOrders(data).includes(id)) return undefined
      const nowMs = this.#clock.now()
      const claimed = { ...withoutOld(data, nowMs - keepMs), [claim]: JSON.stringify({ by: this.#name, atMs: nowMs }) }
      try {
        await client.update(configMaps, { ...live, data: claimed })
        return text
      } catch (error) {
        // Another wrote first, perhaps another order: look again.
        if (statusOf(error)?.code !== 409) throw error
      }
    }
  }

  async #answer(id: string, answer: OrderAnswer): Promise<void> {
    const keys = orderKeys(id)
    const data = { [keys.order]: null, [keys.claim]: null, [keys.answer]: JSON.stringify(answer) }
    try {
      await this.#options.client.patch(configMaps, ordersConfigMap, { data }, this.#options.namespace)
    } catch (error) {
      // Somebody has deleted all of it: there is nobody to answer.
      if (statusOf(error)?.code !== 404) throw error
    }
  }
}

function dataOf(object: KubernetesObject | undefined): OrderData {
  return (object?.['data'] ?? {}) as OrderData
}
