/** A workload's certificate as issued, with the private key that never left the process or its state folder. */
import { HeddleError } from '@heddle/base'
import { type Certificate, parseCertificate, parseCertificatePem, parsePrivateKey, publicKeyOf } from '@heddle/x509'

export interface WorkloadCertificate {
  /** Leaf first, without the root. */
  readonly chainPem: string
  readonly privateKeyPem: string
  /** The roots to trust. */
  readonly rootsPem: string
  readonly notBeforeMs: number
  readonly notAfterMs: number
}

/**
 * Istio's CA answers with the chain, leaf first and roots last.
 * @throws HEDDLE_IDENTITY_BAD_CERTIFICATE when the answer is no chain, or its leaf is not for our key.
 */
export function workloadCertificate(chain: readonly string[], privateKeyPem: string): WorkloadCertificate {
  const roots = chain.at(-1)
  if (roots === undefined || chain.length < 2) throw bad('it has no chain from a leaf to a root')
  const chainPem = chain.slice(0, -1).map(withNewline).join('')
  const leaf = leafOf(chainPem)
  if (typeof leaf === 'string') throw bad(leaf)
  if (!isOurKey(leaf, privateKeyPem)) throw bad('its leaf is for another key')
  const { notBeforeMs, notAfterMs } = leaf
  return { chainPem, privateKeyPem, rootsPem: withNewline(roots), notBeforeMs, notAfterMs }
}

/** Why a certificate cannot serve `spiffeId`; undefined when it can. */
export function certificateFault({ chainPem, privateKeyPem }: WorkloadCertificate, spiffeId: string): string | undefined {
  const leaf = leafOf(chainPem)
  if (typeof leaf === 'string') return leaf
  if (!leaf.extensions.subjectAltNames?.uris.includes(spiffeId)) return `it is not for ${spiffeId}`
  return isOurKey(leaf, privateKeyPem) ? undefined : 'its leaf is for another key'
}

/** The first certificate, or what is wrong with it. */
function leafOf(chainPem: string): Certificate | string {
  const pem = parseCertificatePem(chainPem)
  if (!pem.ok) return pem.reason
  const parsed = parseCertificate(pem.ders[0] as Uint8Array)
  return parsed.ok ? parsed.certificate : parsed.reason
}

function isOurKey(leaf: Certificate, privateKeyPem: string): boolean {
  const parsed = parsePrivateKey(privateKeyPem)
  return parsed.ok && Buffer.compare(leaf.publicKey.spki, publicKeyOf(parsed.key)) === 0
}

function withNewline(pem: string): string {
  return pem.endsWith('\n') ? pem : `${pem}\n`
}

function bad(reason: string): HeddleError {
  return new HeddleError({
    code: 'HEDDLE_IDENTITY_BAD_CERTIFICATE',
    message: `the certificate authority's answer cannot be used: ${reason}`,
    origin: 'upstream',
  })
}
