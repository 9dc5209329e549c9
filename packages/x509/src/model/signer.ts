/**
 * Where a private key lives is not the certificate writer's matter: in this process, in a key management service or in a hardware
 * module. A signer shows its public half and signs; the key itself never passes through here.
 */
import { type KeyObject, createPublicKey } from 'node:crypto'
import type { KeyAlgorithm } from './public-key.js'
import { keyAlgorithmOf, signWith, verifySignature, readSignatureAlgorithm, signatureAlgorithmOf } from './signature.js'
import { publicKeyOf } from './key-pair.js'
import { readWhole } from '../der/read-der.js'
import { tag } from '../der/tag.js'

export interface Signer {
  readonly algorithm: KeyAlgorithm
  /** SubjectPublicKeyInfo in DER. */
  readonly publicKey: Uint8Array
  /**
   * Signs the message itself, not a hash of it: ECDSA with SHA-256 (P-256) or SHA-384 (P-384) as an ASN.1 pair, RSA PKCS#1 v1.5
   * with SHA-256, or Ed25519. A rejection means that nothing is issued.
   */
  sign(message: Uint8Array): Uint8Array | Promise<Uint8Array>
}

/** Signs with a private key of this process. */
export function createKeySigner(key: KeyObject): Signer {
  return { algorithm: keyAlgorithmOf(key), publicKey: publicKeyOf(key), sign: (message) => signWith(key, message) }
}

/** Whether a signer signs with the private half of what it shows: asked once at the start, before anybody depends on it. */
export async function isSignerGenuine(signer: Signer): Promise<boolean> {
  const tbs = Buffer.from('heddle: does this signer hold its key?')
  const algorithm = readSignatureAlgorithm(readWhole(signatureAlgorithmOf(signer.algorithm), tag.sequence, 'the signature algorithm'))
  const key = createPublicKey({ key: Buffer.from(signer.publicKey), format: 'der', type: 'spki' })
  return verifySignature({ tbs, algorithm, value: await signer.sign(tbs) }, key)
}
