/**
 * How orders stand in the ConfigMap `heddle-ca-orders`: each under keys of its own, so that operators who give orders at the same time
 * do not touch each other's. An order is claimed before it is carried out, by writing over the version that was read alone: of several
 * replicas one does it, once. The answer takes the place of both, until whoever asked takes it away. A claim that has no answer for
 * a minute is its process's last word: another takes the order over, which may be carried out twice then. The second time it is refused
 * or changes nothing.
 */

/** Whoever may change it may order the authority, and nobody else. In the namespace of the control plane. */
export const ordersConfigMap = 'heddle-ca-orders'

export interface OrderKeys {
  readonly order: string
  readonly claim: string
  readonly answer: string
}

/** @param id letters, digits and `-`. */
export function orderKeys(id: string): OrderKeys {
  return { order: `${id}.order`, claim: `${id}.claim`, answer: `${id}.answer` }
}

export interface OrderClaim {
  /** Which process carries it out. */
  readonly by: string
  readonly atMs: number
}

export interface OrderAnswer {
  readonly ok: boolean
  /** What was done, or why not. */
  readonly message: string
  /** Milliseconds since the Unix epoch. */
  readonly atMs: number
}

export type OrderData = Readonly<Record<string, string>>

/** Of a claim without an answer. */
const claimLeaseMs = 60_000

const orderKey = /^([A-Za-z0-9-]+)\.order$/
const passingKey = /\.(?:claim|answer)$/

/** Ids of the orders that nobody has claimed yet, in the order of their names. */
export function openOrders(data: OrderData): readonly string[] {
  return Object.keys(data)
    .flatMap((key) => orderKey.exec(key)?.[1] ?? [])
    .filter((id) => data[orderKeys(id).claim] === undefined && data[orderKeys(id).answer] === undefined)
    .sort()
}

/** Ids of the orders whose claim has lapsed. */
export function lapsedOrders(data: OrderData, nowMs: number): readonly string[] {
  return claimsOf(data).flatMap(({ id, endMs }) => (endMs <= nowMs ? [id] : []))
}

/** When the next claim lapses; undefined when none stands. */
export function nextLapseMs(data: OrderData, nowMs: number): number | undefined {
  const ends = claimsOf(data).flatMap(({ endMs }) => (endMs > nowMs ? [endMs] : []))
  return ends.length === 0 ? undefined : Math.min(...ends)
}

function claimsOf(data: OrderData): readonly { readonly id: string; readonly endMs: number }[] {
  return Object.keys(data).flatMap((key) => {
    const id = orderKey.exec(key)?.[1]
    if (id === undefined || data[orderKeys(id).claim] === undefined || data[orderKeys(id).answer] !== undefined) return []
    // What cannot be read was written by nobody who will answer.
    return [{ id, endMs: (claimOf(data, id)?.atMs ?? 0) + claimLeaseMs }]
  })
}

/** Ids that have an answer. */
export function answeredOrders(data: OrderData): readonly string[] {
  return Object.keys(data).flatMap((key) => /^([A-Za-z0-9-]+)\.answer$/.exec(key)?.[1] ?? [])
}

export function claimOf(data: OrderData, id: string): OrderClaim | undefined {
  const claim = objectIn(data[orderKeys(id).claim]) as Partial<OrderClaim> | undefined
  return typeof claim?.by === 'string' && typeof claim.atMs === 'number' ? (claim as OrderClaim) : undefined
}

/** Undefined where there is none, or what stands there is none. */
export function answerOf(data: OrderData, id: string): OrderAnswer | undefined {
  const answer = objectIn(data[orderKeys(id).answer]) as Partial<OrderAnswer> | undefined
  return typeof answer?.ok === 'boolean' && typeof answer.message === 'string' ? (answer as OrderAnswer) : undefined
}

/** Without answers that nobody came for, and orders whose process never finished them. */
export function withoutOld(data: OrderData, beforeMs: number): OrderData {
  const old = new Set(
    Object.entries(data).flatMap(([key, text]) => {
      const atMs = passingKey.test(key) ? (objectIn(text) as { readonly atMs?: unknown } | undefined)?.atMs : undefined
      return typeof atMs === 'number' && atMs < beforeMs ? [key.slice(0, key.lastIndexOf('.'))] : []
    }),
  )
  return Object.fromEntries(Object.entries(data).filter(([key]) => !old.has(key.slice(0, key.lastIndexOf('.')))))
}

function objectIn(text: string | undefined): object | undefined {
  try {
    const value: unknown = JSON.parse(text ?? '')
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}
