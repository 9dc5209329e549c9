/** Signature algorithms of certificates and requests: ECDSA and RSA PKCS#1 v1.5, with SHA-256, 384 or 512. SHA-1, MD5 and PSS are refused. */
import { type KeyObject, sign, verify } from 'node:crypto'
import { decodeOid, oid } from '../der/oid.js'
import { type DerCursor, type DerElement, contentOf, enter, finish, hasMore, take, takeOptional } from '../der/read-der.js'
import { tag } from '../der/tag.js'
import { writeOid, writeSequence, writeValue } from '../der/write-der.js'

export interface SignatureAlgorithm {
  readonly oid: string
  /** Undefined when the algorithm is not one that we accept. */
  readonly known: { readonly key: 'ec' | 'rsa'; readonly hash: 'sha256' | 'sha384' | 'sha512' } | undefined
}

export interface SignedPart {
  /** The bytes that were signed. */
  readonly tbs: Uint8Array
  readonly algorithm: SignatureAlgorithm
  readonly value: Uint8Array
}

const algorithms: Readonly<Record<string, NonNullable<SignatureAlgorithm['known']>>> = {
  [oid.ecdsaSha256]: { key: 'ec', hash: 'sha256' },
  [oid.ecdsaSha384]: { key: 'ec', hash: 'sha384' },
  [oid.ecdsaSha512]: { key: 'ec', hash: 'sha512' },
  [oid.rsaSha256]: { key: 'rsa', hash: 'sha256' },
  [oid.rsaSha384]: { key: 'rsa', hash: 'sha384' },
  [oid.rsaSha512]: { key: 'rsa', hash: 'sha512' },
}

export function readSignatureAlgorithm(element: DerElement): SignatureAlgorithm {
  const fields: DerCursor = enter(element)
  const name = decodeOid(contentOf(take(fields, tag.oid, 'the signature algorithm')))
  const known = algorithms[name]
  if (known?.key === 'rsa') takeOptional(fields, tag.null, 'the signature parameters')
  const hasParameters = hasMore(fields)
  if (known) finish(fields, 'the signature algorithm')
  return { oid: name, known: hasParameters ? undefined : known }
}

/** False for a wrong signature, a wrong kind of key and an algorithm that is not accepted. */
export function verifySignature(part: SignedPart, key: KeyObject): boolean {
  const { known } = part.algorithm
  if (!known || key.asymmetricKeyType !== known.key) return false
  try {
    return verify(known.hash, part.tbs, key, part.value)
  } catch {
    return false
  }
}

/** The algorithm that fits a private key: the hash as strong as its curve. */
export function signatureAlgorithmFor(key: KeyObject): { readonly der: Uint8Array; readonly sign: (tbs: Uint8Array) => Uint8Array } {
  if (key.asymmetricKeyType === 'rsa') {
    return { der: writeSequence(writeOid(oid.rsaSha256), writeValue(tag.null)), sign: (tbs) => sign('sha256', tbs, key) }
  }
  const isP384 = key.asymmetricKeyDetails?.namedCurve === 'secp384r1'
  const hash = isP384 ? 'sha384' : 'sha256'
  return { der: writeSequence(writeOid(isP384 ? oid.ecdsaSha384 : oid.ecdsaSha256)), sign: (tbs) => sign(hash, tbs, key) }
}
