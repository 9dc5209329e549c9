/**
 * JSON web tokens of an OpenID issuer: signature, issuer, audience and dates through jose, then whom they name. Bound tokens of
 * Kubernetes service accounts must name the same account in the subject and in the `kubernetes.io` claim; tokens of other issuers
 * are mapped by who configures them. Only asymmetric algorithms are accepted, so a public key can never serve as a shared secret.
 */
import { type Clock, messageOf } from '@heddle/base'
import { parseStrictJson, systemClock } from '@heddle/base/node'
import { type JSONWebKeySet, type JWTPayload, type LocalJWKSet, createLocalJWKSet, errors, jwtVerify } from 'jose'
import type { Caller } from '../caller.js'
import type { AuthenticationResult, Authenticator, TokenFault } from './authenticator.js'
import { type ServiceAccountName, readServiceAccountSubject } from './service-account-subject.js'

export interface JwtAuthenticatorOptions {
  /** The `iss` of acceptable tokens, byte by byte. */
  readonly issuer: string
  /** At least one must be in the token's `aud`. Istio's default is `istio-ca`. */
  readonly audiences: readonly string[]
  /** The issuer's public keys, or what fetches them: every five minutes, and when a token names a key that is not among them. */
  readonly jwks: JSONWebKeySet | (() => Promise<JSONWebKeySet>)
  /** Trust domain of the callers that these tokens name. */
  readonly trustDomain: string
  /**
   * Whom a verified token names, for issuers other than Kubernetes: an account, or why it names none. Default: the rules of bound
   * service account tokens.
   */
  readonly mapClaims?: (claims: Readonly<Record<string, unknown>>) => ServiceAccountName | string
  /** How far clocks may differ, in seconds. Default: 10. */
  readonly leewaySeconds?: number
  /** For logs. Default: `service account token`. */
  readonly name?: string
}

const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519']
const maxTokenLength = 16 * 1024
const minRefetchMs = 10_000
const maxKeyAgeMs = 5 * 60_000
/** How long keys serve while the issuer cannot be asked: an API restart must not stop renewals. */
const maxUnconfirmedMs = 60 * 60_000
const fetchTimeoutMs = 5_000

export function createJwtAuthenticator(options: JwtAuthenticatorOptions, deps: { readonly clock?: Clock } = {}): Authenticator {
  const clock = deps.clock ?? systemClock
  const keys = createKeySource(options.jwks, clock)

  const judge = async (token: string, keySet: LocalJWKSet): Promise<AuthenticationResult> => {
    const { payload } = await jwtVerify(token, keySet, {
      issuer: options.issuer,
      audience: [...options.audiences],
      algorithms,
      requiredClaims: ['exp', 'sub'],
      clockTolerance: options.leewaySeconds ?? 10,
      currentDate: new Date(clock.now()),
    })
    return isReadInOneWay(token) ? readCaller(payload, options) : refused('it has a name twice, so others may read it in another way')
  }

  const authenticate = async (token: string): Promise<AuthenticationResult> => {
    if (token.length > maxTokenLength) return { kind: 'refused', reason: `the token is longer than ${maxTokenLength} characters` }
    let keySet = await keys.current()
    if (keySet.kind === 'unavailable') return keySet
    try {
      return await judge(token, keySet.keys)
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) return notValid(error)
    }
    keySet = await keys.refetched()
    if (keySet.kind === 'unavailable') return keySet
    try {
      return await judge(token, keySet.keys)
    } catch (error) {
      return notValid(error)
    }
  }
  return {
    name: options.name ?? 'service account token',
    authenticate: ({ token }) => (token === undefined || token === '' ? Promise.resolve({ kind: 'absent' }) : authenticate(token)),
  }
}

/** `JSON.parse` takes the last of two members with one name, and the issuer may have meant the first. */
function isReadInOneWay(token: string): boolean {
  const parts = token.split('.').slice(0, 2)
  return parts.every((part) => parseStrictJson(Buffer.from(part, 'base64url').toString('utf8')).ok)
}

function notValid(error: unknown): AuthenticationResult {
  return { kind: 'refused', reason: `the token is not valid: ${messageOf(error)}`, ...faultOf(error) }
}

function faultOf(error: unknown): { readonly fault?: TokenFault } {
  if (error instanceof errors.JWTExpired) return { fault: 'expired' }
  return error instanceof errors.JWTClaimValidationFailed && error.claim === 'aud' ? { fault: 'wrong-audience' } : {}
}

function readCaller(payload: JWTPayload, { trustDomain, mapClaims }: JwtAuthenticatorOptions): AuthenticationResult {
  // 1e400 is a number to a JSON parser, and so is a token that never ends.
  for (const name of ['exp', 'nbf', 'iat'] as const) {
    if (payload[name] !== undefined && !Number.isSafeInteger(payload[name])) return refused(`its ${name} is not a whole number of seconds`)
  }
  if (mapClaims) {
    const account = mapClaims(payload)
    return typeof account === 'string' ? refused(account) : { kind: 'authenticated', caller: { trustDomain, ...account, method: 'jwt' } }
  }
  return readBoundToken(payload, trustDomain)
}

function readBoundToken(payload: JWTPayload, trustDomain: string): AuthenticationResult {
  const account = readServiceAccountSubject(payload.sub ?? '')
  if (typeof account === 'string') return refused(account)
  const { namespace, serviceAccount } = account
  const claim = record(payload['kubernetes.io'])
  if (!claim) return refused('it has no kubernetes.io claim, so it is not a bound service account token')
  if (claim['namespace'] !== namespace || record(claim['serviceaccount'])?.['name'] !== serviceAccount) {
    return refused('its subject and its kubernetes.io claim name different accounts')
  }
  const pod = record(claim['pod'])
  const caller: Caller = { trustDomain, namespace, serviceAccount, method: 'jwt' }
  if (!pod) return { kind: 'authenticated', caller }
  const { name, uid } = pod
  if (typeof name !== 'string' || typeof uid !== 'string') return refused('its pod claim has no name and uid')
  return { kind: 'authenticated', caller: { ...caller, pod: { name, uid } } }
}

function record(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined
}

function refused(reason: string): AuthenticationResult {
  return { kind: 'refused', reason: `the token is not valid: ${reason}` }
}

type Keys = { readonly kind: 'keys'; readonly keys: LocalJWKSet } | { readonly kind: 'unavailable'; readonly reason: string }

interface KeySource {
  /** The keys as they were at most five minutes ago; while they cannot be fetched, as they were at most an hour ago. */
  current(): Promise<Keys>
  /** The keys as they are now, fetched at most once in ten seconds: a flood of tokens with made-up key ids must not become a flood of fetches. */
  refetched(): Promise<Keys>
}

function createKeySource(jwks: JwtAuthenticatorOptions['jwks'], clock: Clock): KeySource {
  if (typeof jwks !== 'function') {
    const keys: Keys = { kind: 'keys', keys: createLocalJWKSet(jwks) }
    return { current: () => Promise.resolve(keys), refetched: () => Promise.resolve(keys) }
  }
  return new FetchedKeys(jwks, clock)
}

/** A key that the issuer has removed must stop vouching, so what was fetched has an end, with and without the issuer's help. */
class FetchedKeys implements KeySource {
  readonly #fetch: () => Promise<JSONWebKeySet>
  readonly #clock: Clock
  #known: LocalJWKSet | undefined
  #fetchedAtMs = Number.NEGATIVE_INFINITY
  #triedAtMs = Number.NEGATIVE_INFINITY
  #failure = ''
  #pending: Promise<void> | undefined

  constructor(fetch: () => Promise<JSONWebKeySet>, clock: Clock) {
    this.#fetch = fetch
    this.#clock = clock
  }

  async current(): Promise<Keys> {
    const isStale = this.#msSince(this.#fetchedAtMs) >= maxKeyAgeMs
    if (isStale && !this.#isTooSoon()) await this.#load()
    return this.#keys()
  }

  async refetched(): Promise<Keys> {
    if (!this.#isTooSoon()) await this.#load()
    return this.#keys()
  }

  /** Without usable keys nobody can be let in, so then every call may try. */
  #isTooSoon(): boolean {
    return this.#isUsable() && this.#msSince(this.#triedAtMs) < minRefetchMs
  }

  #isUsable(): boolean {
    return this.#known !== undefined && this.#msSince(this.#fetchedAtMs) < maxUnconfirmedMs
  }

  #keys(): Keys {
    if (this.#known && this.#isUsable()) return { kind: 'keys', keys: this.#known }
    return { kind: 'unavailable', reason: `the token keys cannot be fetched: ${this.#failure}` }
  }

  #load(): Promise<void> {
    this.#pending ??= this.#loadOnce()
    return this.#pending
  }

  async #loadOnce(): Promise<void> {
    try {
      this.#known = createLocalJWKSet(await this.#fetchInTime())
      this.#fetchedAtMs = this.#clock.monotonicMs()
    } catch (error) {
      this.#failure = messageOf(error)
    } finally {
      this.#triedAtMs = this.#clock.monotonicMs()
      this.#pending = undefined
    }
  }

  /** An issuer that does not answer must not hold up callers whose keys are known. */
  #fetchInTime(): Promise<JSONWebKeySet> {
    return new Promise((resolve, reject) => {
      const timer = this.#clock.setTimer(fetchTimeoutMs, () => reject(new Error(`no answer within ${fetchTimeoutMs} ms`)))
      this.#fetch()
        .then(resolve, reject)
        .finally(() => timer.cancel())
    })
  }

  #msSince(atMs: number): number {
    return this.#clock.monotonicMs() - atMs
  }
}
