/**
 * Validates JWT-SVIDs by the specification's own order: form and header first, then the key from the bundle of the subject's trust
 * domain, the signature, and the claims. What is verified is what is returned: the payload is read once.
 */
import { type KeyObject, constants, verify } from 'node:crypto'
import { type SpiffeId, parseSpiffeId } from '../spiffe-id.js'
import { parseStrictJson } from './strict-json.js'

export interface JwtBundle {
  /** The key of this id, or undefined. */
  keyOf(keyId: string): KeyObject | undefined
}

export interface JwtSvidValidation {
  readonly token: string
  /** The validator's own name; it must be among the token's audiences. */
  readonly audience: string
  /** The bundle of a trust domain; undefined when that domain is not trusted. */
  readonly bundleOf: (trustDomain: string) => JwtBundle | undefined
  /** Wall time in milliseconds. */
  readonly nowMs: number
  /** How far clocks may differ, in seconds: 0 to 60. Default: 10. */
  readonly leewaySeconds?: number
}

export type JwtSvidFault =
  | 'token-malformed'
  | 'header-refused'
  | 'subject-invalid'
  | 'trust-domain-unknown'
  | 'key-unknown'
  | 'signature-invalid'
  | 'claims-refused'
  | 'expired'
  | 'not-yet-valid'
  | 'audience-mismatch'

export type JwtSvidResult =
  | { readonly ok: true; readonly id: SpiffeId; readonly claims: Readonly<Record<string, unknown>>; readonly notAfterMs: number }
  | { readonly ok: false; readonly reason: JwtSvidFault; readonly message: string }

type Refusal = Extract<JwtSvidResult, { readonly ok: false }>
type Claims = Readonly<Record<string, unknown>>

const maxTokenLength = 16 * 1024
const maxLeewaySeconds = 60
const headerFields = new Set(['alg', 'kid', 'typ'])
const base64url = /^[A-Za-z0-9_-]+$/

interface Algorithm {
  readonly keyType: 'rsa' | 'ec'
  readonly hash: string
  readonly curve?: string
  readonly isPss?: boolean
}

const algorithms: Readonly<Record<string, Algorithm>> = {
  RS256: { keyType: 'rsa', hash: 'sha256' },
  RS384: { keyType: 'rsa', hash: 'sha384' },
  RS512: { keyType: 'rsa', hash: 'sha512' },
  PS256: { keyType: 'rsa', hash: 'sha256', isPss: true },
  PS384: { keyType: 'rsa', hash: 'sha384', isPss: true },
  PS512: { keyType: 'rsa', hash: 'sha512', isPss: true },
  ES256: { keyType: 'ec', hash: 'sha256', curve: 'prime256v1' },
  ES384: { keyType: 'ec', hash: 'sha384', curve: 'secp384r1' },
  ES512: { keyType: 'ec', hash: 'sha512', curve: 'secp521r1' },
}

export function validateJwtSvid(input: JwtSvidValidation): JwtSvidResult {
  const { token } = input
  if (token.length > maxTokenLength) return fault('token-malformed', `the token is longer than ${maxTokenLength} characters`)
  const parts = token.split('.')
  if (parts.length !== 3 || parts.some((part) => !base64url.test(part))) return fault('token-malformed', 'the token is not a compact JWS')
  const [header, payload] = [decode(parts[0] as string), decode(parts[1] as string)]
  if (!header || !payload) return fault('token-malformed', 'the header or the payload is not one JSON object without repeated keys')
  const checked = checkHeader(header)
  if (!checked.ok) return checked
  const subject = parseSpiffeId(typeof payload['sub'] === 'string' ? payload['sub'] : '')
  if (!subject.ok) return fault('subject-invalid', `the subject is refused: ${subject.reason}`)
  if (subject.id.path === '') return fault('subject-invalid', 'the subject names a trust domain, not a workload')
  const bundle = input.bundleOf(subject.id.trustDomain)
  if (!bundle) return fault('trust-domain-unknown', `the trust domain "${subject.id.trustDomain}" is not trusted`)
  const key = bundle.keyOf(checked.keyId)
  if (!key) return fault('key-unknown', `the bundle of "${subject.id.trustDomain}" has no key of the token's id`)
  if (!isSigned(parts as [string, string, string], checked.algorithm, key))
    return fault('signature-invalid', 'the signature does not verify')
  return checkClaims(payload, subject.id, input)
}

function decode(part: string): Claims | undefined {
  const bytes = Buffer.from(part, 'base64url')
  // Another spelling of the same bytes would be another token with the same signature.
  if (bytes.toString('base64url') !== part) return undefined
  const text = bytes.toString('utf8')
  const parsed = Buffer.from(text, 'utf8').equals(bytes) ? parseStrictJson(text) : undefined
  const isObject = parsed?.ok && typeof parsed.value === 'object' && parsed.value !== null && !Array.isArray(parsed.value)
  return isObject ? (parsed.value as Claims) : undefined
}

function checkHeader(header: Claims): { readonly ok: true; readonly algorithm: Algorithm; readonly keyId: string } | Refusal {
  const { alg, kid, typ } = header
  const algorithm = typeof alg === 'string' && Object.hasOwn(algorithms, alg) ? algorithms[alg] : undefined
  if (!algorithm) return fault('header-refused', 'the algorithm is not one of RS, PS and ES with 256, 384 or 512')
  if (typ !== undefined && typ !== 'JWT' && typ !== 'JOSE') return fault('header-refused', 'the type is neither JWT nor JOSE')
  if (typeof kid !== 'string' || kid === '' || kid.length > 256) return fault('header-refused', 'the header has no key id')
  const other = Object.keys(header).find((name) => !headerFields.has(name))
  return other === undefined
    ? { ok: true, algorithm, keyId: kid }
    : fault('header-refused', 'the header has fields besides alg, kid and typ')
}

function isSigned([header, payload, signature]: readonly [string, string, string], algorithm: Algorithm, key: KeyObject): boolean {
  if (key.asymmetricKeyType !== algorithm.keyType) return false
  if (algorithm.curve !== undefined && key.asymmetricKeyDetails?.namedCurve !== algorithm.curve) return false
  const bytes = Buffer.from(signature, 'base64url')
  if (bytes.toString('base64url') !== signature) return false
  const options = algorithm.isPss
    ? { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: Number(algorithm.hash.slice(3)) / 8 }
    : { key, dsaEncoding: 'ieee-p1363' as const }
  try {
    return verify(algorithm.hash, Buffer.from(`${header}.${payload}`), options, bytes)
  } catch {
    return false
  }
}

function checkClaims(claims: Claims, id: SpiffeId, { audience, nowMs, leewaySeconds = 10 }: JwtSvidValidation): JwtSvidResult {
  const { exp, nbf, iat, aud } = claims
  const leewayMs = Math.min(Math.max(0, leewaySeconds), maxLeewaySeconds) * 1000
  if (!Number.isSafeInteger(exp)) return fault('claims-refused', 'the expiry is not a whole number of seconds')
  for (const value of [nbf, iat]) {
    if (value !== undefined && !Number.isSafeInteger(value)) return fault('claims-refused', 'a time is not a whole number of seconds')
  }
  if (nowMs >= (exp as number) * 1000 + leewayMs) return fault('expired', `the token ended ${isoOf(exp as number)}`)
  if (nbf !== undefined && nowMs < (nbf as number) * 1000 - leewayMs) return fault('not-yet-valid', 'the token is not valid yet')
  if (iat !== undefined && nowMs < (iat as number) * 1000 - leewayMs) return fault('not-yet-valid', 'the token was issued in the future')
  const audiences = Array.isArray(aud) ? (aud as readonly unknown[]) : [aud]
  if (audiences.length === 0 || audiences.some((value) => typeof value !== 'string' || value === ''))
    return fault('claims-refused', 'the token has no audience')
  if (!audiences.includes(audience)) return fault('audience-mismatch', `the token is not for "${audience}"`)
  return { ok: true, id, claims, notAfterMs: (exp as number) * 1000 }
}

function isoOf(seconds: number): string {
  return Math.abs(seconds) <= 8_640_000_000_000 ? new Date(seconds * 1000).toISOString() : 'out of range'
}

function fault(reason: JwtSvidFault, message: string): Refusal {
  return { ok: false, reason, message }
}
