/**
 * Subject public keys under the mesh's key rules: ECDSA P-256 and P-384 as named curves with uncompressed points, RSA of 2048 to
 * 4096 bits with exponent 65537 (RFC 5480, RFC 8017), and Ed25519 (RFC 8410) for those who opt in. Everything else is read but
 * marked `refused`, because OpenSSL would happily load RSA-512, explicit curves or a 3071-bit exponent that costs 200 times a
 * normal verification.
 */
import { type KeyObject, createPublicKey } from 'node:crypto'
import { refuse } from '../der/der-fault.js'
import { decodeOid, oid } from '../der/oid.js'
import {
  type DerCursor,
  type DerElement,
  contentOf,
  encodingOf,
  enter,
  finish,
  hasMore,
  readWhole,
  take,
  takeAny,
  takeInteger,
  takeOctetAlignedBits,
  takeOptional,
} from '../der/read-der.js'
import { tag } from '../der/tag.js'

export type KeyAlgorithm = 'ec-p256' | 'ec-p384' | 'rsa' | 'ed25519'

/** What is accepted unless somebody says otherwise: Ed25519 is not, since TLS stacks and hardware modules in a mesh often lack it. */
export const defaultKeyAlgorithms: readonly KeyAlgorithm[] = ['ec-p256', 'ec-p384', 'rsa']

export type PublicKeyRules =
  | { readonly kind: 'accepted'; readonly algorithm: KeyAlgorithm; readonly bits: number }
  | { readonly kind: 'refused'; readonly reason: string }

export interface PublicKeyInfo {
  /** SubjectPublicKeyInfo as it stands in the certificate or request. */
  readonly spki: Uint8Array
  readonly rules: PublicKeyRules
}

const curves: Readonly<Record<string, { readonly algorithm: KeyAlgorithm; readonly bits: number }>> = {
  [oid.curveP256]: { algorithm: 'ec-p256', bits: 256 },
  [oid.curveP384]: { algorithm: 'ec-p384', bits: 384 },
}

export function readPublicKey(element: DerElement): PublicKeyInfo {
  const fields = enter(element)
  const algorithm = enter(take(fields, tag.sequence, 'the key algorithm'))
  const type = decodeOid(contentOf(take(algorithm, tag.oid, 'the key algorithm')))
  const key = takeOctetAlignedBits(fields, 'the public key')
  finish(fields, 'the public key')
  return { spki: encodingOf(element), rules: judge(type, algorithm, key) }
}

function judge(type: string, parameters: DerCursor, key: Uint8Array): PublicKeyRules {
  if (type === oid.ecPublicKey) return judgeEc(parameters, key)
  if (type === oid.rsaEncryption) return judgeRsa(parameters, key)
  if (type === oid.ed25519) return judgeEd25519(parameters, key)
  return { kind: 'refused', reason: `key algorithm ${type} is not one of ECDSA P-256, P-384, RSA and Ed25519` }
}

function judgeEc(parameters: DerCursor, key: Uint8Array): PublicKeyRules {
  const named = takeAny(parameters, 'the curve')
  if (named.tag !== tag.oid) return { kind: 'refused', reason: 'the curve is given by parameters instead of a name' }
  finish(parameters, 'the curve')
  const name = decodeOid(contentOf(named))
  const curve = curves[name]
  if (!curve) return { kind: 'refused', reason: `curve ${name} is not P-256 or P-384` }
  if (key[0] !== 4 || key.length !== 1 + curve.bits / 4) return { kind: 'refused', reason: 'the point is not in uncompressed form' }
  return { kind: 'accepted', ...curve }
}

function judgeEd25519(parameters: DerCursor, key: Uint8Array): PublicKeyRules {
  if (hasMore(parameters)) return { kind: 'refused', reason: 'Ed25519 has no parameters' }
  return key.length === 32
    ? { kind: 'accepted', algorithm: 'ed25519', bits: 256 }
    : { kind: 'refused', reason: `an Ed25519 key has 32 octets, not ${key.length}` }
}

/** Why a key will not do, or undefined when it will. */
export function keyFault({ rules }: PublicKeyInfo, allowed: readonly KeyAlgorithm[]): string | undefined {
  if (rules.kind === 'refused') return rules.reason
  return allowed.includes(rules.algorithm) ? undefined : `keys of type ${rules.algorithm} are not allowed here`
}

function judgeRsa(parameters: DerCursor, key: Uint8Array): PublicKeyRules {
  const none = takeOptional(parameters, tag.null, 'the RSA parameters')
  if (!none || none.end !== none.contentStart) return { kind: 'refused', reason: 'RSA parameters must be NULL' }
  finish(parameters, 'the RSA parameters')
  const fields = enter(readWhole(key, tag.sequence, 'the RSA key'))
  const modulus = takeInteger(fields, 'the RSA modulus')
  const exponent = takeInteger(fields, 'the RSA exponent')
  finish(fields, 'the RSA key')
  if ((modulus[0] as number) >= 0x80) refuse('the RSA modulus is negative')
  const magnitude = modulus[0] === 0 ? modulus.subarray(1) : modulus
  const bits = magnitude.length * 8 - Math.clz32(magnitude[0] ?? 0) + 24
  if (bits < 2048 || bits > 4096) return { kind: 'refused', reason: `RSA of ${bits} bits is outside 2048 to 4096` }
  if (((magnitude.at(-1) as number) & 1) === 0) return { kind: 'refused', reason: 'the RSA modulus is even' }
  if (Buffer.compare(exponent, Uint8Array.of(1, 0, 1)) !== 0) return { kind: 'refused', reason: 'the RSA exponent is not 65537' }
  return { kind: 'accepted', algorithm: 'rsa', bits }
}

/** The key as node:crypto takes it, or undefined when OpenSSL finds it invalid (a point off the curve). */
export function importPublicKey(key: PublicKeyInfo): KeyObject | undefined {
  const { rules, spki } = key
  if (rules.kind === 'refused') return undefined
  try {
    if (rules.algorithm === 'ec-p256' || rules.algorithm === 'ec-p384') return importPoint(spki, rules.algorithm, rules.bits / 8)
    return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })
  } catch {
    return undefined
  }
}

/** OpenSSL takes coordinates in half the time of the DER, which it tries with every decoder it has, and checks the point all the same. */
function importPoint(spki: Uint8Array, algorithm: 'ec-p256' | 'ec-p384', size: number): KeyObject {
  const point = Buffer.from(spki.buffer, spki.byteOffset + spki.length - 2 * size, 2 * size)
  const [x, y] = [point.toString('base64url', 0, size), point.toString('base64url', size)]
  return createPublicKey({ key: { kty: 'EC', crv: algorithm === 'ec-p256' ? 'P-256' : 'P-384', x, y }, format: 'jwk' })
}
