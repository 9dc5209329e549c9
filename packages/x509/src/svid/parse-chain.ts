/** What a peer presented, as certificates. At most eight are read, whatever it sends. */
import { type Certificate, parseCertificate } from '../model/certificate.js'

export type ChainFault = 'chain-empty' | 'chain-too-long' | 'certificate-malformed'

/** Leaf first. */
export type ParsedChain = readonly [Certificate, ...Certificate[]]

export type ParsedChainResult =
  | { readonly ok: true; readonly certificates: ParsedChain }
  | { readonly ok: false; readonly reason: ChainFault; readonly message: string }

const maxChain = 8

/** @param chain DER, leaf first. */
export function parseChain(chain: readonly Uint8Array[]): ParsedChainResult {
  if (chain.length > maxChain)
    return fault('chain-too-long', `the peer presented ${chain.length} certificates, at most ${maxChain} are read`)
  const certificates: Certificate[] = []
  for (const der of chain) {
    const parsed = parseCertificate(der)
    if (!parsed.ok) return fault('certificate-malformed', `certificate ${certificates.length + 1} of the chain: ${parsed.reason}`)
    certificates.push(parsed.certificate)
  }
  const [leaf, ...others] = certificates
  return leaf ? { ok: true, certificates: [leaf, ...others] } : fault('chain-empty', 'the peer presented no certificate')
}

function fault(reason: ChainFault, message: string): ParsedChainResult {
  return { ok: false, reason, message }
}
