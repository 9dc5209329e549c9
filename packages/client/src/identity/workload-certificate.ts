/** A workload's certificate as issued, with the private key that never left the process or its state folder. */
import { HeddleError, messageOf } from '@heddle/base'
import {
  type Certificate,
  createTrustBundle,
  parseCertificate,
  parseCertificatePem,
  parsePrivateKey,
  publicKeyOf,
  verifySvidPath,
} from '@heddle/x509'

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

/** Whom a certificate must speak for. */
export interface WantedIdentity {
  readonly spiffeId: string
  readonly trustDomain: string
}

/**
 * Why a certificate cannot serve; undefined when it can. The mesh would refuse it for the same reasons, and its roots decide whom
 * we believe, so both are judged before they replace what works.
 */
export function certificateFault(certificate: WorkloadCertificate, wanted: WantedIdentity, nowMs: number): string | undefined {
  const chain = parseCertificatePem(certificate.chainPem)
  if (!chain.ok) return chain.reason
  const leaf = leafOf(certificate.chainPem)
  if (typeof leaf === 'string') return leaf
  if (!leaf.extensions.subjectAltNames?.uris.includes(wanted.spiffeId)) return `it is not for ${wanted.spiffeId}`
  if (!isOurKey(leaf, certificate.privateKeyPem)) return 'its leaf is for another key'
  // A slow clock of ours is no fault of the certificate.
  return pathFault(chain.ders, certificate.rootsPem, wanted, Math.max(nowMs, leaf.notBeforeMs))
}

function pathFault(
  chain: readonly Uint8Array[],
  rootsPem: string,
  { spiffeId, trustDomain }: WantedIdentity,
  nowMs: number,
): string | undefined {
  try {
    const bundle = createTrustBundle({ roots: { [trustDomain]: rootsPem } })
    const verified = verifySvidPath({ chain, bundle, nowMs, expected: [spiffeId] })
    return verified.ok ? undefined : `it does not verify against its roots: ${verified.message}`
  } catch (error) {
    return messageOf(error)
  }
}

/** @throws HEDDLE_IDENTITY_BAD_CERTIFICATE when {@link certificateFault} finds one. */
export function checkCertificate(certificate: WorkloadCertificate, wanted: WantedIdentity, nowMs: number): void {
  const fault = certificateFault(certificate, wanted, nowMs)
  if (fault !== undefined) throw bad(fault)
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
