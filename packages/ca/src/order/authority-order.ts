/**
 * What an operator orders the authority to do, as text that is handed over by others, such as a ConfigMap that only operators may
 * change: read once, strictly, so that nothing half said is carried out.
 */
import type { RevokeWhen } from '../authority/ca-state.js'

/** Who is meant: everybody of a SPIFFE id, or the holder of one certificate by its serial number in hexadecimal. */
export type OrderSubject = { readonly spiffeId: string } | { readonly serialHex: string }

export type AuthorityOrder =
  | { readonly do: 'rotate-start'; readonly revokeWhen: RevokeWhen }
  /** `force`: although workloads would lose their connections. */
  | { readonly do: 'rotate-activate'; readonly force: boolean }
  | { readonly do: 'rotate-abort' }
  /** `fingerprint`: SHA-256 of the root, lower-case hexadecimal. `force`: although leaves of it live. */
  | { readonly do: 'revoke'; readonly fingerprint: string; readonly force: boolean }
  | ({ readonly do: 'deny'; readonly reason?: string } & OrderSubject)
  | ({ readonly do: 'allow' } & OrderSubject)
  | {
      readonly do: 'create-join-token'
      /** Of the token, which itself stays with whoever made it; see `JoinTokens.register`. */
      readonly tokenHash: string
      readonly workload: { readonly namespace: string; readonly serviceAccount: string }
      readonly ttlSeconds?: number
    }

export interface GivenOrder {
  readonly order: AuthorityOrder
  /** Who gives it, in their own words: nobody has proved it. */
  readonly claimedActor?: string
}

export type OrderResult = ({ readonly ok: true } & GivenOrder) | { readonly ok: false; readonly reason: string }

export function encodeOrder({ order, claimedActor }: GivenOrder): string {
  return JSON.stringify({ ...order, ...(claimedActor !== undefined && { claimedActor }) })
}

/** Reads what {@link encodeOrder} made, or somebody wrote by hand. */
export function parseOrder(text: string): OrderResult {
  try {
    const fields = JSON.parse(text) as Fields | null
    if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) return refused('it is no object')
    const claimedActor = optionalText(fields, 'claimedActor')
    return { ok: true, order: readOrder(fields), ...(claimedActor !== undefined && { claimedActor: claimedActor.slice(0, 200) }) }
  } catch (error) {
    return refused(error instanceof OrderFault ? error.message : 'it is no JSON')
  }
}

type Fields = Readonly<Record<string, unknown>>

class OrderFault extends Error {}

function refused(reason: string): OrderResult {
  return { ok: false, reason: `the order cannot be read: ${reason}` }
}

function readOrder(fields: Fields): AuthorityOrder {
  const step = fields['do']
  switch (step) {
    case 'rotate-start':
      return { do: step, revokeWhen: revokeWhenOf(optionalText(fields, 'revokeWhen') ?? 'leaves-ended') }
    case 'rotate-activate':
      return { do: step, force: isForced(fields) }
    case 'rotate-abort':
      return { do: step }
    case 'revoke':
      return { do: step, fingerprint: textOf(fields, 'fingerprint'), force: isForced(fields) }
    case 'deny': {
      const reason = optionalText(fields, 'reason')
      return { do: step, ...subjectOf(fields), ...(reason !== undefined && { reason }) }
    }
    case 'allow':
      return { do: step, ...subjectOf(fields) }
    case 'create-join-token':
      return { do: step, tokenHash: textOf(fields, 'tokenHash'), ...workloadOf(fields) }
    default:
      throw new OrderFault(`${JSON.stringify(step)} is not an order that this version knows`)
  }
}

function subjectOf(fields: Fields): OrderSubject {
  const [spiffeId, serialHex] = [optionalText(fields, 'spiffeId'), optionalText(fields, 'serialHex')]
  if (spiffeId !== undefined && serialHex === undefined) return { spiffeId }
  if (serialHex !== undefined && spiffeId === undefined) return { serialHex }
  throw new OrderFault('it must name either "spiffeId" or "serialHex"')
}

function workloadOf(fields: Fields): Pick<Extract<AuthorityOrder, { do: 'create-join-token' }>, 'workload' | 'ttlSeconds'> {
  const { workload, ttlSeconds } = fields as { readonly workload?: unknown; readonly ttlSeconds?: unknown }
  if (typeof workload !== 'object' || workload === null) throw new OrderFault('a join token needs the workload that it is for')
  if (ttlSeconds !== undefined && typeof ttlSeconds !== 'number') throw new OrderFault('"ttlSeconds" is no number')
  const named = { namespace: textOf(workload as Fields, 'namespace'), serviceAccount: textOf(workload as Fields, 'serviceAccount') }
  return { workload: named, ...(ttlSeconds !== undefined && { ttlSeconds }) }
}

function revokeWhenOf(value: string): RevokeWhen {
  if (value === 'leaves-ended' || value === 'acknowledged') return value
  throw new OrderFault(`"revokeWhen" is neither leaves-ended nor acknowledged`)
}

function isForced(fields: Fields): boolean {
  const force = fields['force'] ?? false
  if (typeof force !== 'boolean') throw new OrderFault('"force" is neither true nor false')
  return force
}

function optionalText(fields: Fields, name: string): string | undefined {
  const value = fields[name]
  if (value === undefined || typeof value === 'string') return value
  throw new OrderFault(`"${name}" is no text`)
}

function textOf(fields: Fields, name: string): string {
  const value = optionalText(fields, name)
  if (value === undefined || value === '') throw new OrderFault(`"${name}" is missing`)
  return value
}
