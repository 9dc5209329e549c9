/** The chain a TLS peer presented, as DER, without Node's text forms of it (`subjectaltname` is one escaped string: CVE-2021-44532). */
import type { X509Certificate } from 'node:crypto'

/** The part of `tls.TLSSocket` that is needed. */
export interface PeerCertificateSource {
  getPeerX509Certificate(): X509Certificate | undefined
}

const maxChain = 8

/** Leaf first; empty when the peer presented nothing. Call it after the handshake, while the socket is open. */
export function peerChainOf(socket: PeerCertificateSource): Uint8Array[] {
  const chain: Uint8Array[] = []
  for (let certificate = socket.getPeerX509Certificate(); certificate; certificate = certificate.issuerCertificate) {
    if (chain.length > maxChain) break
    chain.push(certificate.raw)
    if (certificate.issuerCertificate === certificate) break
  }
  return chain
}
