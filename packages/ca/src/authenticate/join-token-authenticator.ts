/**
 * One-time join tokens, for workloads that nobody else vouches for: made by an operator for one identity, short-lived, and gone when
 * used for a request that has no fault. Only a hash is kept, so the list is no secret; taking a token is one step of the store, so of a
 * hundred racers one wins.
 */
import { createHash } from 'node:crypto'
import { type Clock, messageOf, type Random } from '@heddle/base'
import { systemClock, systemRandom } from '@heddle/base/node'
import type { AuditSink } from '../audit/audit-record.js'
import { caError } from '../ca-error.js'
import { type Caller, workloadUriOf } from '../caller.js'
import type { AuthenticationResult, Authenticator } from './authenticator.js'

export interface JoinTokenGrant {
  /** Of the authority that made the grant, such as `cluster.local`: the identity is one of it. */
  readonly trustDomain: string
  readonly namespace: string
  readonly serviceAccount: string
  /** Milliseconds since the Unix epoch. */
  readonly notAfterMs: number
  /** Who made it, in their own words: nobody has proved it. */
  readonly claimedActor?: string
}

/** Keeps grants by the SHA-256 of their token, in lower-case hexadecimal (64 digits). */
export interface JoinTokenStore {
  /** Resolves when the grant survives what the store survives. */
  add(tokenHash: string, grant: JoinTokenGrant): Promise<void>
  /** The grant, which stays. */
  get(tokenHash: string): Promise<JoinTokenGrant | undefined>
  /** Removes and returns the grant: exactly one of many callers gets it, also among replicas. */
  take(tokenHash: string): Promise<JoinTokenGrant | undefined>
}

export interface JoinTokenRequest {
  readonly namespace: string
  readonly serviceAccount: string
  /** How long the token can be used, in seconds: 1 to 86,400 (a day); 0, and all else, is refused. Default: 600 (10 minutes). */
  readonly ttlSeconds?: number
  /** Who makes it, in their own words: nobody has proved it. */
  readonly claimedActor?: string
}

export interface JoinTokens extends Authenticator {
  /** A token that is shown once: a secret. @throws HeddleError `HEDDLE_CA_JOIN_TOKEN_REFUSED`, `HEDDLE_CA_CALLER_INVALID` */
  create(request: JoinTokenRequest): Promise<string>
  /**
   * Takes a token that somebody made elsewhere, by its hash alone: so the token itself never passes through here.
   * @param tokenHash SHA-256 of the whole token, prefix included, in lower-case hexadecimal
   * @throws HeddleError `HEDDLE_CA_JOIN_TOKEN_REFUSED`, `HEDDLE_CA_CALLER_INVALID`
   */
  register(tokenHash: string, request: JoinTokenRequest): Promise<JoinTokenGrant>
}

export interface NewJoinToken {
  /** A secret. */
  readonly token: string
  /** For `register`: SHA-256, lower-case hexadecimal. */
  readonly tokenHash: string
}

export interface JoinTokensOptions {
  readonly trustDomain: string
  /** Default: in memory, gone with the process. */
  readonly store?: JoinTokenStore
  /** Told of every token before it can be used. Default: nobody. */
  readonly audit?: AuditSink
}

const hashPattern = /^[0-9a-f]{64}$/
const prefix = 'heddle-join-'
const tokenPattern = /^heddle-join-[A-Za-z0-9_-]{43}$/
const defaultTtlSeconds = 600
const maxTtlSeconds = 86_400
/** Of the store in memory. */
const maxTokens = 10_000

export function createJoinTokens(options: JoinTokensOptions, deps: { readonly clock?: Clock; readonly random?: Random } = {}): JoinTokens {
  const { clock = systemClock, random = systemRandom } = deps
  const { trustDomain, audit, store = createMemoryJoinTokenStore(clock) } = options

  const judge = async (token: string, find: JoinTokenStore['get']): Promise<AuthenticationResult> => {
    if (!tokenPattern.test(token)) return { kind: 'refused', reason: 'the join token has not the form of one' }
    let grant: JoinTokenGrant | undefined
    try {
      grant = await find(hashOf(token))
    } catch (error) {
      return { kind: 'unavailable', reason: `the join tokens cannot be read: ${messageOf(error)}` }
    }
    if (!grant) return { kind: 'refused', reason: 'the join token is unknown, or was used before' }
    if (clock.now() >= grant.notAfterMs) return { kind: 'refused', reason: 'the join token has expired' }
    const { namespace, serviceAccount, claimedActor } = grant
    const caller: Caller = { trustDomain: grant.trustDomain, namespace, serviceAccount, method: 'join-token' }
    return { kind: 'authenticated', caller: claimedActor === undefined ? caller : { ...caller, claimedActor } }
  }
  const ask = async (token: string | undefined, find: JoinTokenStore['get']): Promise<AuthenticationResult> =>
    token?.startsWith(prefix) ? await judge(token, find) : { kind: 'absent' }
  const register = async (tokenHash: string, request: JoinTokenRequest): Promise<JoinTokenGrant> => {
    const { namespace, serviceAccount, ttlSeconds = defaultTtlSeconds, claimedActor } = request
    const spiffeId = workloadUriOf({ trustDomain, namespace, serviceAccount })
    if (!hashPattern.test(tokenHash)) throw refused('its hash is no SHA-256 in lower-case hexadecimal')
    if (!(ttlSeconds >= 1 && ttlSeconds <= maxTtlSeconds)) throw refused(`it lives 1 to ${maxTtlSeconds} s`)
    const nowMs = clock.now()
    const notAfterMs = nowMs + ttlSeconds * 1000
    const by = claimedActor === undefined ? {} : { claimedActor }
    await audit?.({
      atMs: nowMs,
      action: 'create-join-token',
      spiffeId,
      serialHex: tokenHash.slice(0, 16),
      notBeforeMs: nowMs,
      notAfterMs,
      issuerFingerprint: '',
      method: 'operator',
      ...by,
    })
    const grant: JoinTokenGrant = { trustDomain, namespace, serviceAccount, notAfterMs, ...by }
    await store.add(tokenHash, grant)
    return grant
  }
  return {
    name: 'join token',
    isOneTime: true,
    authenticate: ({ token }) => ask(token, (tokenHash) => store.take(tokenHash)),
    inspect: ({ token }) => ask(token, (tokenHash) => store.get(tokenHash)),
    register,
    async create(request) {
      const { token, tokenHash } = makeJoinToken(random)
      await register(tokenHash, request)
      return token
    },
  }
}

/** A token that nobody knows yet, for `register`. */
export function makeJoinToken(random: Random = systemRandom): NewJoinToken {
  const token = `${prefix}${Buffer.from(random.bytes(32)).toString('base64url')}`
  return { token, tokenHash: hashOf(token) }
}

/** For one process. */
export function createMemoryJoinTokenStore(clock: Clock = systemClock): JoinTokenStore {
  const grants = new Map<string, JoinTokenGrant>()
  return {
    add(tokenHash, grant) {
      for (const [hash, { notAfterMs }] of grants) if (clock.now() >= notAfterMs) grants.delete(hash)
      if (grants.size >= maxTokens) return Promise.reject(refused(`there are ${maxTokens} unused tokens already`))
      grants.set(tokenHash, grant)
      return Promise.resolve()
    },
    get: (tokenHash) => Promise.resolve(grants.get(tokenHash)),
    take(tokenHash) {
      const grant = grants.get(tokenHash)
      grants.delete(tokenHash)
      return Promise.resolve(grant)
    },
  }
}

/** Looking a hash up tells by its time nothing about the token. */
function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

function refused(reason: string): Error {
  return caError('HEDDLE_CA_JOIN_TOKEN_REFUSED', `the join token cannot be made: ${reason}`, { origin: 'user' })
}
