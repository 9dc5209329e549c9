/** A certificate authority as a company has one for its websites: names of the DNS, no SPIFFE ids. */
import { randomBytes } from 'node:crypto'
import {
  createCrl,
  createKeySigner,
  encodePem,
  encodePrivateKey,
  generateKey,
  issueCertificate,
  parseCertificate,
  parseCertificatePem,
  publicKeyOf,
} from '@heddle/x509'

export interface WebCertificate {
  readonly chainPem: string
  readonly keyPem: string
}

export interface WebAuthority {
  readonly rootPem: string
  issue(dnsName: string, ...others: readonly string[]): WebCertificate
  /** A list of what is not to be believed any more, in PEM. */
  revoke(...certificates: readonly WebCertificate[]): Promise<string>
}

export function createWebAuthority(organization: string): WebAuthority {
  const key = generateKey()
  const common = () => ({
    serial: Uint8Array.of(0x40, ...randomBytes(15)),
    notBeforeMs: Date.parse('2026-01-01'),
    notAfterMs: Date.parse('2036-01-01'),
  })
  const rootDer = issueCertificate(
    {
      ...common(),
      subject: { organization },
      publicKey: publicKeyOf(key),
      basicConstraints: { isCa: true },
      keyUsages: ['keyCertSign', 'cRLSign'],
    },
    { privateKey: key },
  )
  const root = parseCertificate(rootDer)
  if (!root.ok) throw new Error(root.reason)
  return {
    rootPem: encodePem('CERTIFICATE', rootDer),
    issue(dnsName, ...others) {
      const own = generateKey()
      const der = issueCertificate(
        {
          ...common(),
          subject: { organization: dnsName },
          publicKey: publicKeyOf(own),
          altNames: { dnsNames: [dnsName, ...others] },
          basicConstraints: { isCa: false },
          keyUsages: ['digitalSignature'],
          purposes: ['serverAuth', 'clientAuth'],
        },
        { privateKey: key, certificate: root.certificate },
      )
      return { chainPem: encodePem('CERTIFICATE', der), keyPem: encodePrivateKey(own) }
    },
    async revoke(...certificates) {
      const atMs = Date.parse('2026-02-01')
      const revoked = certificates.map(({ chainPem }) => ({ serialHex: serialOf(chainPem), revokedAtMs: atMs }))
      const fields = { number: BigInt(certificates.length), thisUpdateMs: atMs, nextUpdateMs: Date.parse('2036-01-01'), revoked }
      return encodePem('X509 CRL', await createCrl(fields, { signer: createKeySigner(key), certificate: root.certificate }))
    },
  }
}

function serialOf(chainPem: string): string {
  const text = parseCertificatePem(chainPem)
  const parsed = text.ok && parseCertificate(text.ders[0] as Uint8Array)
  if (!parsed || !parsed.ok) throw new Error('not a certificate')
  return parsed.certificate.serialHex
}
