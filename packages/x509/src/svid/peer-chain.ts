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

/** The part of `tls.TLSSocket` that is needed. */
export interface PeerSessionSource {
  getSession(): Buffer | undefined
}

const sequence = 0x30
/** `[3]` of OpenSSL's SSL_SESSION, explicit. */
const peerField = 0xa3

/**
 * The leaf alone, out of the TLS session, where OpenSSL keeps it as it came. Asking Node for the certificate has OpenSSL decode it
 * and its issuers once more, which is a twentieth of what a handshake costs. The session's secrets are wiped at once.
 * @returns undefined when there is none or the session reads otherwise: `peerChainOf` knows.
 */
export function peerLeafOf(socket: PeerSessionSource): Uint8Array | undefined {
  const session = socket.getSession()
  if (session === undefined) return undefined
  try {
    return peerOf(session)
  } finally {
    session.fill(0)
  }
}

/** Newer Nodes (22.23.3 and 24.21.0 among them) put it and the server's name, behind two bytes of length, before a client's session. */
const clientMark: Buffer = Buffer.from('\0nodejs:tls:session:1\0', 'latin1')

function peerOf(session: Buffer): Uint8Array | undefined {
  const hasMark = session.length > clientMark.length + 2 && clientMark.equals(session.subarray(0, clientMark.length))
  const whole = elementAt(session, hasMark ? clientMark.length + 2 + session.readUInt16BE(clientMark.length) : 0)
  if (whole?.tag !== sequence) return undefined
  let element = elementAt(session, whole.start)
  while (element !== undefined && element.tag !== peerField) element = elementAt(session, element.end)
  return element && Uint8Array.from(session.subarray(element.start, element.end))
}

interface Element {
  readonly tag: number
  /** Of the content. */
  readonly start: number
  readonly end: number
}

/** A DER element with a length of up to four bytes; undefined when it does not fit into the bytes. */
function elementAt(bytes: Buffer, at: number): Element | undefined {
  const tag = bytes[at]
  const first = bytes[at + 1]
  if (tag === undefined || first === undefined) return undefined
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f
  const start = at + 2 + lengthBytes
  if (lengthBytes > 4 || (first >= 0x80 && lengthBytes === 0) || start > bytes.length) return undefined
  const end = start + (lengthBytes === 0 ? first : bytes.readUIntBE(at + 2, lengthBytes))
  return end > bytes.length ? undefined : { tag, start, end }
}
