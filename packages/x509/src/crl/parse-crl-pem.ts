/** Revocation lists as they are handed on: PEM (RFC 7468 section 6), any number of them in one text. */
import { parsePem } from '../pem.js'
import type { Crl } from './crl.js'
import { parseCrl } from './parse-crl.js'

export type CrlPemResult = { readonly ok: true; readonly crls: readonly Crl[] } | { readonly ok: false; readonly reason: string }

/** Base64 adds a third. */
const maxCrlPemLength = 2 * 1024 * 1024

/** Every list of a text, in order; any other label, and any list that cannot be read, is a fault of the whole. A blank text has none. */
export function parseCrlPem(pem: string): CrlPemResult {
  const text = parsePem(pem, { allowsText: true, maxLength: maxCrlPemLength })
  if (!text.ok) return text
  if (text.blocks.length === 0 && pem.trim() !== '') return { ok: false, reason: 'the text has no PEM block' }
  const crls: Crl[] = []
  for (const { label, der } of text.blocks) {
    if (label !== 'X509 CRL') return { ok: false, reason: `expected only X509 CRL blocks, found "${label}"` }
    const parsed = parseCrl(der)
    if (!parsed.ok) return parsed
    crls.push(parsed.crl)
  }
  return { ok: true, crls }
}
