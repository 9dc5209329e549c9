/**
 * The frame of everything that is signed in X.509: a body, the algorithm, the signature (certificates in RFC 5280 section 4.1, revocation
 * lists in 5.1, requests in RFC 2986 section 4.2).
 */
import { refuse } from '../der/der-fault.js'
import { type DerCursor, type DerElement, encodingOf, enter, finish, readWhole, take, takeOctetAlignedBits } from '../der/read-der.js'
import { tag } from '../der/tag.js'
import { type SignedPart, readSignatureAlgorithm } from './signature.js'

export interface SignedStructure {
  readonly body: DerElement
  readonly algorithm: DerElement
  readonly signature: SignedPart
}

/** @param what in words, such as `the certificate`. @throws a DER fault for any other form. */
export function readSignedStructure(der: Uint8Array, what: string): SignedStructure {
  const outer = enter(readWhole(der, tag.sequence, what))
  const body = take(outer, tag.sequence, `${what}'s body`)
  const algorithm = take(outer, tag.sequence, 'the signature algorithm')
  const value = takeOctetAlignedBits(outer, 'the signature')
  finish(outer, what)
  return { body, algorithm, signature: { tbs: encodingOf(body), algorithm: readSignatureAlgorithm(algorithm), value } }
}

/** Takes the algorithm that the body of a certificate or list repeats: the outer one is not signed, so they have to agree. */
export function takeRepeatedAlgorithm(fields: DerCursor, { algorithm }: SignedStructure): void {
  const inner = take(fields, tag.sequence, 'the inner signature algorithm')
  if (Buffer.compare(encodingOf(inner), encodingOf(algorithm)) !== 0) refuse('the two signature algorithms differ')
}
