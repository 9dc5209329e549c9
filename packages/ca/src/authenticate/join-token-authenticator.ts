/**
 * One-time join tokens, for workloads that nobody else vouches for: made by an operator for one identity, short-lived, and gone when
 * used. Only a hash is kept, so the list is no secret; taking a token is one step of the store, so of a hundred racers one wins.
 */
import { createHash } from 'node:crypto'
import type { Clock, Random } from '@heddle/base'
import { systemClock, systemRandom } from '@heddle/base/node'
import { caError } from '../ca-error.js'
import { type Caller, workloadUriOf } from '../caller.js'
import type { AuthenticationResult, Authenticator } from './authenticator.js'

export interface JoinTokenGrant {
  readonly trustDomain: string
  readonly namespace: string
  readonly serviceAccount: string
  /** Milliseconds since the Unix epoch. */
  readonly notAfterMs: number
  /** Who made it. */
  readonly actor?: string
}

/** Keeps grants by the SHA-256 of their token. */
export interface JoinTokenStore {
  /** Resolves when the grant survives what the store survives. */
  add(tokenHash: string, grant: JoinTokenGrant): Promise<void>
  /** Removes and returns the grant: exactly one of many callers gets it, also among replicas. */
  take(tokenHash: string): Promise<JoinTokenGrant | undefined>
}

export interface JoinTokenRequest {
  readonly namespace: string
  readonly serviceAccount: string
  /** Default: 10 minutes. At most a day. */
  readonly ttlSeconds?: number
  readonly actor?: string
}

export interface JoinTokens extends Authenticator {
  /** A token that is shown once: a secret. @throws HeddleError `HEDDLE_CA_JOIN_TOKEN_REFUSED`, `HEDDLE_CA_CALLER_INVALID` */
  create(request: JoinTokenRequest): Promise<string>
}

export interface JoinTokensOptions {
  readonly trustDomain: string
  /** Default: in memory, gone with the process. */
  readonly store?: JoinTokenStore
}

const prefix = 'heddle-join-'
const tokenPattern = /^heddle-join-[A-Za-z0-9_-]{43}$/
const defaultTtlSeconds = 600
const maxTtlSeconds = 86_400
/** Of the store in memory. */
const maxTokens = 10_000

export function createJoinTokens(options: JoinTokensOptions, deps: { readonly clock?: Clock; readonly random?: Random } = {}): JoinTokens {
  const { clock = systemClock, random = systemRandom } = deps
  const { trustDomain } = options
  const store = options.store ?? createMemoryJoinTokenStore(clock)

  const authenticate = async (token: string): Promise<AuthenticationResult> => {
    if (!tokenPattern.test(token)) return { kind: 'refused', reason: 'the join token has not the form of one' }
    const grant = await store.take(hashOf(token))
    if (!grant) return { kind: 'refused', reason: 'the join token is unknown, or was used before' }
    if (clock.now() >= grant.notAfterMs) return { kind: 'refused', reason: 'the join token has expired' }
    const { namespace, serviceAccount } = grant
    const caller: Caller = { trustDomain: grant.trustDomain, namespace, serviceAccount, method: 'join-token' }
    return { kind: 'authenticated', caller }
  }
  return {
    name: 'join token',
    isOneTime: true,
    authenticate: ({ token }) => (token?.startsWith(prefix) ? authenticate(token) : Promise.resolve({ kind: 'absent' })),
    async create({ namespace, serviceAccount, ttlSeconds = defaultTtlSeconds, actor }) {
      workloadUriOf({ trustDomain, namespace, serviceAccount })
      if (!(ttlSeconds >= 1 && ttlSeconds <= maxTtlSeconds)) throw refused(`it lives 1 to ${maxTtlSeconds} s`)
      const token = `${prefix}${Buffer.from(random.bytes(32)).toString('base64url')}`
      const notAfterMs = clock.now() + ttlSeconds * 1000
      await store.add(hashOf(token), { trustDomain, namespace, serviceAccount, notAfterMs, ...(actor !== undefined && { actor }) })
      return token
    },
  }
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
