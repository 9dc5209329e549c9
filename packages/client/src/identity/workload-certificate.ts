/** A workload's certificate as issued, with the private key that never left the process or its state folder. */
import { HeddleError } from '@heddle/base'
import { parseCertificate, parseCertificatePem } from '@heddle/x509'

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
 * Istio's CA answers with the chain, leaf first and root last.
 * @throws HEDDLE_IDENTITY_BAD_CERTIFICATE
 */
export function workloadCertificate(chain: readonly string[], privateKeyPem: string): WorkloadCertificate {
  const [leaf] = chain
  const root = chain.at(-1)
  if (leaf === undefined || root === undefined || chain.length < 2) throw bad('the answer has no chain from a leaf to a root')
  const pem = parseCertificatePem(leaf)
  if (!pem.ok) throw bad(pem.reason)
  const parsed = parseCertificate(pem.ders[0] as Uint8Array)
  if (!parsed.ok) throw bad(parsed.reason)
  const { notBeforeMs, notAfterMs } = parsed.certificate
  return { chainPem: chain.slice(0, -1).map(withNewline).join(''), privateKeyPem, rootsPem: withNewline(root), notBeforeMs, notAfterMs }
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
