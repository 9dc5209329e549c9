/**
 * Reads and checks a certificate request (RFC 2986): strict DER, the mesh's key rules, and proof of possession, that is the
 * request's signature verified with the very key it carries. What it asks for is reported, never obeyed.
 */
import { attempt, refuse } from '../der/der-fault.js'
import { decodeOid, oid } from '../der/oid.js'
import { type DerElement, contentOf, enter, finish, hasMore, take, takeSmallInteger } from '../der/read-der.js'
import { contextConstructedTag, tag } from '../der/tag.js'
import type { CertificateExtensions } from '../model/extensions.js'
import { type DistinguishedName, readName } from '../model/name.js'
import { type KeyAlgorithm, defaultKeyAlgorithms, importPublicKey, keyFault, readPublicKey } from '../model/public-key.js'
import { readExtensions } from '../model/read-extensions.js'
import { verifySignature } from '../model/signature.js'
import { readSignedStructure } from '../model/signed-structure.js'
import { parsePem } from '../pem.js'

export interface Csr {
  readonly subject: DistinguishedName
  /** SubjectPublicKeyInfo in DER; the requester has proved that it holds the private half. */
  readonly publicKey: Uint8Array
  readonly keyAlgorithm: KeyAlgorithm
  /** What the requester wishes for. */
  readonly requested: CertificateExtensions
}

export type CsrResult = { readonly ok: true; readonly csr: Csr } | { readonly ok: false; readonly reason: string }

const maxPemLength = 16 * 1024
const labels = new Set(['CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST'])

export interface CsrOptions {
  /** Kinds of keys that will do. Default: P-256, P-384 and RSA. */
  readonly keyAlgorithms?: readonly KeyAlgorithm[]
}

/** @param pem exactly one block, at most 16 KiB. */
export function parseCsr(pem: string, options: CsrOptions = {}): CsrResult {
  const text = parsePem(pem, { maxLength: maxPemLength })
  if (!text.ok) return text
  const [block, second] = text.blocks
  if (!block || second) return { ok: false, reason: `expected one PEM block, found ${text.blocks.length}` }
  if (!labels.has(block.label)) return { ok: false, reason: `expected a CERTIFICATE REQUEST, found "${block.label}"` }
  const result = attempt(() => readCsr(block.der, options.keyAlgorithms ?? defaultKeyAlgorithms))
  return result.ok ? { ok: true, csr: result.value } : result
}

function readCsr(der: Uint8Array, allowed: readonly KeyAlgorithm[]): Csr {
  const { body, signature } = readSignedStructure(der, 'the request')
  const fields = enter(body)
  if (takeSmallInteger(fields, 'the version') !== 0) refuse('the request is not of version 1')
  const subject = readName(take(fields, tag.sequence, 'the subject'))
  const publicKey = readPublicKey(take(fields, tag.sequence, 'the public key'))
  const requested = readExtensions(readRequestedExtensions(take(fields, contextConstructedTag(0), 'the attributes')))
  finish(fields, "the request's body")

  const keyProblem = keyFault(publicKey, allowed)
  if (keyProblem !== undefined || publicKey.rules.kind === 'refused') refuse(`the key is refused: ${keyProblem}`)
  const key = importPublicKey(publicKey)
  if (!key) refuse('the key is refused: it is not a valid point or modulus')
  const { algorithm } = signature
  if (!algorithm.known) refuse(`signature algorithm ${algorithm.oid} is not accepted`)
  if (!verifySignature(signature, key)) refuse('the signature does not prove possession of the key')
  return { subject, publicKey: publicKey.spki, keyAlgorithm: publicKey.rules.algorithm, requested }
}

function readRequestedExtensions(attributes: DerElement): DerElement | undefined {
  const items = enter(attributes)
  const seen = new Set<string>()
  let extensions: DerElement | undefined
  while (hasMore(items)) {
    const fields = enter(take(items, tag.sequence, 'an attribute'))
    const name = decodeOid(contentOf(take(fields, tag.oid, 'an attribute name')))
    const values = enter(take(fields, tag.set, 'the attribute values'))
    finish(fields, 'an attribute')
    if (seen.has(name)) refuse(`attribute ${name} appears twice`)
    seen.add(name)
    if (name !== oid.extensionRequest) continue
    extensions = take(values, tag.sequence, 'the requested extensions')
    finish(values, 'the requested extensions')
  }
  return extensions
}
