/** Reads a revocation list strictly: version 2 with a number and a next update, as RFC 5280 asks of issuers, and nothing critical unread. */
import { attempt, refuse } from '../der/der-fault.js'
import { oid } from '../der/oid.js'
import {
  type DerCursor,
  type DerElement,
  contentOf,
  enter,
  finish,
  hasMore,
  readWhole,
  take,
  takeInteger,
  takeOptional,
  takeSmallInteger,
} from '../der/read-der.js'
import { contextConstructedTag, tag } from '../der/tag.js'
import { takeTime } from '../der/time.js'
import { readSerial } from '../model/certificate.js'
import { readName } from '../model/name.js'
import { type RawExtension, readAuthorityKeyId, readRawExtensions } from '../model/read-extensions.js'
import { readSignedStructure, takeRepeatedAlgorithm } from '../model/signed-structure.js'
import { type Crl, type RevocationReason, type RevokedCertificate, revocationReasons } from './crl.js'

export type CrlResult = { readonly ok: true; readonly crl: Crl } | { readonly ok: false; readonly reason: string }

const maxCrlBytes = 1024 * 1024

/** @param der one list; its signature is the matter of `isCrlOf`. */
export function parseCrl(der: Uint8Array): CrlResult {
  if (der.length > maxCrlBytes) return { ok: false, reason: `the revocation list is longer than ${maxCrlBytes} bytes` }
  const result = attempt(() => readCrl(der))
  return result.ok ? { ok: true, crl: result.value } : result
}

function readCrl(der: Uint8Array): Crl {
  const signed = readSignedStructure(der, 'the revocation list')
  const fields = enter(signed.body)
  if (takeSmallInteger(fields, 'the version') !== 1) refuse('the revocation list is not of version 2')
  takeRepeatedAlgorithm(fields, signed)
  const issuer = readName(take(fields, tag.sequence, 'the issuer'))
  const thisUpdateMs = takeTime(fields, 'thisUpdate')
  const nextUpdateMs = takeTime(fields, 'nextUpdate')
  const revoked = readRevoked(takeOptional(fields, tag.sequence, 'the revoked certificates'))
  const wrapper = take(fields, contextConstructedTag(0), 'the list extensions')
  finish(fields, "the revocation list's body")
  if (nextUpdateMs < thisUpdateMs) refuse('nextUpdate is before thisUpdate')
  return {
    der,
    issuer,
    thisUpdateMs,
    nextUpdateMs,
    revoked,
    ...readListExtensions(readWhole(contentOf(wrapper), tag.sequence, 'the list extensions')),
    signature: signed.signature,
  }
}

function readListExtensions(list: DerElement): Pick<Crl, 'number' | 'authorityKeyId'> {
  const raw = readRawExtensions(list)
  refuseUnknownCritical(raw, [oid.crlNumber, oid.authorityKeyId])
  const number = raw.get(oid.crlNumber)
  if (!number) return refuse('the revocation list has no number')
  const keyId = raw.get(oid.authorityKeyId)
  return { number: readNumber(number), authorityKeyId: keyId && readAuthorityKeyId(keyId) }
}

function readNumber({ content }: RawExtension): bigint {
  const octets = takeInteger(enterValue(content), 'the list number')
  if ((octets[0] as number) >= 0x80 || octets.length > 20) refuse('the list number is negative or longer than 20 octets')
  return BigInt(`0x${Buffer.from(octets).toString('hex')}`)
}

function readRevoked(list: DerElement | undefined): ReadonlyMap<string, RevokedCertificate> {
  const revoked = new Map<string, RevokedCertificate>()
  if (!list) return revoked
  const entries = enter(list)
  if (!hasMore(entries)) refuse('the revoked certificates are an empty list')
  while (hasMore(entries)) {
    const entry = readEntry(enter(take(entries, tag.sequence, 'a revoked certificate')))
    if (revoked.has(entry.serialHex)) refuse(`serial number ${entry.serialHex} is listed twice`)
    revoked.set(entry.serialHex, entry)
  }
  return revoked
}

function readEntry(fields: DerCursor): RevokedCertificate {
  const serialHex = readSerial(takeInteger(fields, 'a serial number'))
  const revokedAtMs = takeTime(fields, 'a revocation date')
  const list = takeOptional(fields, tag.sequence, 'the entry extensions')
  finish(fields, 'a revoked certificate')
  if (!list) return { serialHex, revokedAtMs }
  const raw = readRawExtensions(list)
  refuseUnknownCritical(raw, [oid.reasonCode])
  const code = raw.get(oid.reasonCode)
  return code ? { serialHex, revokedAtMs, reason: readReason(code) } : { serialHex, revokedAtMs }
}

function readReason({ content }: RawExtension): RevocationReason {
  const value = contentOf(readWhole(content, tag.enumerated, 'the revocation reason'))
  const reason = value.length === 1 ? revocationReasons[value[0] as number] : undefined
  // Only delta lists take somebody off, and they are not read.
  return reason === undefined || reason === 'unused' || reason === 'removeFromCRL' ? refuse('the revocation reason is not known') : reason
}

function refuseUnknownCritical(raw: ReadonlyMap<string, RawExtension>, known: readonly string[]): void {
  for (const [name, { isCritical }] of raw) if (isCritical && !known.includes(name)) refuse(`critical extension ${name} is not understood`)
}

function enterValue(content: Uint8Array): DerCursor {
  return { bytes: content, offset: 0, end: content.length, depth: 0 }
}
