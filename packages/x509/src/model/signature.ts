/**
 * Signature algorithms of certificates, requests and revocation lists: ECDSA and RSA PKCS#1 v1.5 with SHA-256, 384 or 512, and
 * Ed25519. SHA-1, MD5 and PSS are refused.
 */
import { type KeyObject, sign, verify } from 'node:crypto'
import { refuse } from '../der/der-fault.js'
import { decodeOid, oid } from '../der/oid.js'
import { type DerCursor, type DerElement, contentOf, enter, finish, hasMore, take, takeOptional } from '../der/read-der.js'
import { tag } from '../der/tag.js'
import { writeOid, writeSequence, writeValue } from '../der/write-der.js'
import type { KeyAlgorithm } from './public-key.js'

export type KnownAlgorithm =
  | { readonly key: 'ec' | 'rsa'; readonly hash: 'sha256' | 'sha384' | 'sha512' }
  | { readonly key: 'ed25519'; readonly hash: undefined }

export interface SignatureAlgorithm {
  readonly oid: string
  /** Undefined when the algorithm is not one that we accept. */
  readonly known: KnownAlgorithm | undefined
}

export interface SignedPart {
  /** The bytes that were signed. */
  readonly tbs: Uint8Array
  readonly algorithm: SignatureAlgorithm
  readonly value: Uint8Array
}

const algorithms: Readonly<Record<string, KnownAlgorithm>> = {
  [oid.ecdsaSha256]: { key: 'ec', hash: 'sha256' },
  [oid.ecdsaSha384]: { key: 'ec', hash: 'sha384' },
  [oid.ecdsaSha512]: { key: 'ec', hash: 'sha512' },
  [oid.rsaSha256]: { key: 'rsa', hash: 'sha256' },
  [oid.rsaSha384]: { key: 'rsa', hash: 'sha384' },
  [oid.rsaSha512]: { key: 'rsa', hash: 'sha512' },
  [oid.ed25519]: { key: 'ed25519', hash: undefined },
}

export function readSignatureAlgorithm(element: DerElement): SignatureAlgorithm {
  const fields: DerCursor = enter(element)
  const name = decodeOid(contentOf(take(fields, tag.oid, 'the signature algorithm')))
  const known = algorithms[name]
  const none = known?.key === 'rsa' ? takeOptional(fields, tag.null, 'the signature parameters') : undefined
  if (none && none.end !== none.contentStart) refuse('the signature parameters are a NULL with content')
  const hasParameters = hasMore(fields)
  if (known) finish(fields, 'the signature algorithm')
  return { oid: name, known: hasParameters ? undefined : known }
}

/** False for a wrong signature, a wrong kind of key and an algorithm that is not accepted. */
export function verifySignature(part: SignedPart, key: KeyObject): boolean {
  const { known } = part.algorithm
  if (!known || key.asymmetricKeyType !== known.key) return false
  try {
    return verify(known.hash ?? null, part.tbs, key, part.value)
  } catch {
    return false
  }
}

const algorithmDers: Readonly<Record<KeyAlgorithm, Uint8Array>> = {
  'ec-p256': writeSequence(writeOid(oid.ecdsaSha256)),
  'ec-p384': writeSequence(writeOid(oid.ecdsaSha384)),
  rsa: writeSequence(writeOid(oid.rsaSha256), writeValue(tag.null)),
  ed25519: writeSequence(writeOid(oid.ed25519)),
}

/** The AlgorithmIdentifier that fits a key: the hash as strong as its curve. */
export function signatureAlgorithmOf(algorithm: KeyAlgorithm): Uint8Array {
  return algorithmDers[algorithm]
}

/** Signs with the algorithm of {@link signatureAlgorithmOf}. */
export function signWith(key: KeyObject, tbs: Uint8Array): Uint8Array {
  const algorithm = keyAlgorithmOf(key)
  return sign(algorithm === 'ed25519' ? null : algorithm === 'ec-p384' ? 'sha384' : 'sha256', tbs, key)
}

/** @throws TypeError for a key that the mesh has no use for; keys are judged when they are read. */
export function keyAlgorithmOf(key: KeyObject): KeyAlgorithm {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key
  if (type === 'rsa' || type === 'ed25519') return type
  if (type === 'ec' && details?.namedCurve === 'secp384r1') return 'ec-p384'
  if (type === 'ec' && details?.namedCurve === 'prime256v1') return 'ec-p256'
  throw new TypeError(`a key of type ${type} ${details?.namedCurve ?? ''} cannot sign certificates`)
}
