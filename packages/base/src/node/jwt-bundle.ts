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
  const keys = new Map<string, KeyObject>()
  for (const jwk of list as readonly unknown[]) {
    if (typeof jwk !== 'object' || jwk === null) return { ok: false, reason: 'a key is not an object' }
    const fields = jwk as JsonWebKey
    if (!isForTokens(fields)) continue
    const { kid } = fields
    const key = readPublicJwk(fields)
    if (typeof kid !== 'string' || kid === '' || keys.has(kid) || !key) return { ok: false, reason: 'a key cannot be used, or its id' }
    keys.set(kid, key)
  }
  return { ok: true, keys: { keyIds: [...keys.keys()], keyOf: (id) => keys.get(id) } }
}

function isForTokens({ use, kty }: JsonWebKey): boolean {
  return (use === undefined || use === 'jwt-svid') && (kty === 'EC' || kty === 'RSA')
}

/** The document of these keys. */
export function encodeJwtKeySet(keys: readonly { readonly id: string; readonly publicKey: KeyObject }[]): string {
  return JSON.stringify({ keys: keys.map(({ id, publicKey }) => ({ use: 'jwt-svid', kid: id, ...publicKey.export({ format: 'jwk' }) })) })
}

/** Of the public fields alone: a document with a private key must not become one here. */
export function readPublicJwk({ kty, crv, x, y, n, e }: JsonWebKey): KeyObject | undefined {
  try {
    const key = createPublicKey({ key: { kty, crv, x, y, n, e } as JsonWebKey, format: 'jwk' })
    const { modulusLength } = key.asymmetricKeyDetails ?? {}
    return modulusLength !== undefined && (modulusLength < 2048 || modulusLength > 8192) ? undefined : key
  } catch {
    return undefined
  }
}
