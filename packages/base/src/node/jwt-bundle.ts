/** The keys of a trust domain's tokens as a JSON Web Key Set, as the SPIFFE Workload API hands them on. */
import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import type { JwtBundle } from './jwt-svid.js'
import { parseStrictJson } from './strict-json.js'

export interface JwtKeySet extends JwtBundle {
  readonly keyIds: readonly string[]
}

export type JwtKeySetResult = { readonly ok: true; readonly keys: JwtKeySet } | { readonly ok: false; readonly reason: string }

const maxKeySetLength = 1024 * 1024

/** Keys of unknown kinds and of other uses are passed over; one that is broken is a fault. */
export function parseJwtKeySet(text: string): JwtKeySetResult {
  if (text.length > maxKeySetLength) return { ok: false, reason: `the key set is longer than ${maxKeySetLength} characters` }
  const json = parseStrictJson(text)
  if (!json.ok) return json
  const list = (json.value as { readonly keys?: unknown } | null)?.keys
  if (!Array.isArray(list)) return { ok: false, reason: 'it has no keys' }
  const keys = new Map<string, PublicJwk>()
  for (const jwk of list as readonly unknown[]) {
    if (typeof jwk !== 'object' || jwk === null) return { ok: false, reason: 'a key is not an object' }
    const fields = jwk as JsonWebKey
    if (!isForTokens(fields)) continue
    const { kid } = fields
    const key = readPublicJwk(fields)
    if (typeof kid !== 'string' || kid === '' || keys.has(kid) || !key) return { ok: false, reason: 'a key cannot be used, or its id' }
    keys.set(kid, key)
  }
  return { ok: true, keys: { keyIds: [...keys.keys()], keyOf: (id) => keys.get(id)?.load() } }
}

function isForTokens({ use, kty }: JsonWebKey): boolean {
  return (use === undefined || use === 'jwt-svid') && (kty === 'EC' || kty === 'RSA')
}

/** The document of these keys. */
export function encodeJwtKeySet(keys: readonly { readonly id: string; readonly publicKey: KeyObject }[]): string {
  return JSON.stringify({ keys: keys.map(({ id, publicKey }) => ({ use: 'jwt-svid', kid: id, ...publicKey.export({ format: 'jwk' }) })) })
}

/** A key that is loaded when a token names it: OpenSSL takes a millisecond for a point of P-384, and a document may hold thousands. */
export interface PublicJwk {
  /** Undefined when it is no key after all, such as a point off its curve. */
  load(): KeyObject | undefined
}

/** Octets of a coordinate. */
const curveSizes: Readonly<Record<string, number>> = { 'P-256': 32, 'P-384': 48, 'P-521': 66 }
/** Octets. */
const largestModulus = 1024
const smallestModulus = 256

/**
 * Of the public fields alone: a document with a private key must not become one here.
 * @returns undefined when the fields have not the form of an EC key of P-256, P-384 or P-521, or of an RSA key of 2048 to 8192 bits.
 */
export function readPublicJwk({ kty, crv, x, y, n, e }: JsonWebKey): PublicJwk | undefined {
  const size = typeof crv === 'string' && Object.hasOwn(curveSizes, crv) ? curveSizes[crv] : undefined
  const isPoint = kty === 'EC' && size !== undefined && octetsOf(x) === size && octetsOf(y) === size
  const modulusBytes = octetsOf(n)
  const isRsa = kty === 'RSA' && modulusBytes >= smallestModulus && modulusBytes <= largestModulus + 1 && octetsOf(e) > 0
  if (!isPoint && !isRsa) return undefined
  let loaded: { readonly key: KeyObject | undefined } | undefined
  return { load: () => (loaded ??= { key: loadJwk(isPoint ? { kty, crv, x, y } : { kty, n, e }) }).key }
}

/** 0 when it is no text in base64url. */
function octetsOf(text: string | undefined): number {
  return typeof text === 'string' && /^[A-Za-z0-9_-]+$/.test(text) ? Math.floor((text.length * 3) / 4) : 0
}

function loadJwk(fields: Readonly<Record<string, string | undefined>>): KeyObject | undefined {
  try {
    const key = createPublicKey({ key: fields as JsonWebKey, format: 'jwk' })
    const { modulusLength } = key.asymmetricKeyDetails ?? {}
    return modulusLength !== undefined && (modulusLength < 2048 || modulusLength > 8192) ? undefined : key
  } catch {
    return undefined
  }
}
