/** The deny-list for consumers outside the mesh: one revocation list for each root that lives here. */
import type { Clock } from '@heddle/base'
import { createCrl, encodePem } from '@heddle/x509'
import type { SigningSource } from '../authority/signing-source.js'
import type { DenyBook } from './deny-book.js'

/** Consumers fetch it daily; a week leaves room for a holiday of the authority. */
const validForMs = 7 * 86_400_000

/** @param pluggedInPem lists of others, which follow. */
export async function createRevocationLists(source: SigningSource, deny: DenyBook, clock: Clock, pluggedInPem: string): Promise<string> {
  const number = BigInt(await source.nextCrlNumber())
  const nowMs = clock.now()
  const revoked = deny
    .entries()
    .flatMap(({ kind, value, sinceMs }) => (kind === 'serial' ? [{ serialHex: value, revokedAtMs: sinceMs }] : []))
  const fields = { number, thisUpdateMs: nowMs, nextUpdateMs: nowMs + validForMs, revoked }
  const own = await Promise.all(
    source
      .roots()
      .flatMap(({ authority }) =>
        authority && maySign(authority.certificate.extensions.keyUsage?.usages) ? [createCrl(fields, authority)] : [],
      ),
  )
  return own.map((der) => encodePem('X509 CRL', der)).join('') + pluggedInPem
}

function maySign(usages: readonly string[] | undefined): boolean {
  return usages?.includes('cRLSign') ?? true
}
