/**
 * The certificates that the authority issues, all of one shape: empty subject, critical names, P-256 or the requester's key, dates
 * clamped to the chain above. Each is parsed and held to the lint's rules before anybody gets it.
 */
import type { Random } from '@heddle/base'
import {
  type AltNameFields,
  type Certificate,
  type KeyAlgorithm,
  encodePem,
  lintCertificate,
  parseCertificate,
  signCertificate,
} from '@heddle/x509'
import type { Authority } from '../authority/authority.js'
import { caError } from '../ca-error.js'
import { backdateMs, createSerial } from './serial.js'

export interface LeafRequest {
  /** SubjectPublicKeyInfo in DER. */
  readonly publicKey: Uint8Array
  readonly keyAlgorithm: KeyAlgorithm
  readonly altNames: AltNameFields
  readonly ttlSeconds: number
  readonly nowMs: number
}

export interface IssuedCertificate {
  /** Leaf first, then intermediates, without the root; each ends with a newline. */
  readonly chain: readonly string[]
  /** Every root that the receiver should trust. */
  readonly rootsPem: string
  readonly serialHex: string
  /** SHA-256 of the certificate that signed, lower-case hexadecimal. */
  readonly issuerFingerprint: string
  readonly notBeforeMs: number
  /** May be earlier than asked for: no certificate outlives the chain above it. */
  readonly notAfterMs: number
}

export interface Validity {
  readonly notBeforeMs: number
  readonly notAfterMs: number
}

/** @throws HeddleError `HEDDLE_CA_SIGNER_EXPIRED` */
export function validityOf(nowMs: number, ttlSeconds: number, { certificate, chainNotAfterMs }: Authority): Validity {
  if (nowMs >= chainNotAfterMs) {
    throw caError('HEDDLE_CA_SIGNER_EXPIRED', `the authority's own certificate ended ${new Date(chainNotAfterMs).toISOString()}`, {
      hint: 'Rotate the root, or put a new certificate in its place.',
    })
  }
  if (nowMs < certificate.notBeforeMs) {
    throw caError('HEDDLE_CA_SIGNER_EXPIRED', `the authority's own certificate begins ${new Date(certificate.notBeforeMs).toISOString()}`, {
      hint: 'Set the clock of this machine.',
      retryable: true,
    })
  }
  return {
    notBeforeMs: Math.max(nowMs - backdateMs, certificate.notBeforeMs),
    notAfterMs: Math.min(nowMs + ttlSeconds * 1000, chainNotAfterMs),
  }
}

/** @throws HeddleError `HEDDLE_CA_SIGNER_EXPIRED`, `HEDDLE_CA_SIGNER_FAILED` */
export async function issueLeaf(request: LeafRequest, authority: Authority, rootsPem: string, random: Random): Promise<IssuedCertificate> {
  const validity = validityOf(request.nowMs, request.ttlSeconds, authority)
  const der = await sign(request, validity, authority, random)
  const { serialHex, notBeforeMs, notAfterMs } = checkBeforeRelease(der, request.altNames, authority)
  return {
    chain: [encodePem('CERTIFICATE', der), ...authority.intermediates],
    rootsPem,
    serialHex,
    issuerFingerprint: authority.fingerprint,
    notBeforeMs,
    notAfterMs,
  }
}

async function sign(
  { publicKey, keyAlgorithm, altNames }: LeafRequest,
  validity: Validity,
  { signer, certificate }: Authority,
  random: Random,
): Promise<Uint8Array> {
  try {
    return await signCertificate(
      {
        serial: createSerial(random),
        publicKey,
        ...validity,
        altNames,
        basicConstraints: { isCa: false },
        keyUsages: keyAlgorithm === 'rsa' ? ['digitalSignature', 'keyEncipherment'] : ['digitalSignature'],
        purposes: ['serverAuth', 'clientAuth'],
      },
      { signer, certificate },
    )
  } catch (cause) {
    throw caError('HEDDLE_CA_SIGNER_FAILED', 'the signing key could not be used', { retryable: true, cause })
  }
}

/** A fault here is ours or the signer's, not the caller's. */
function checkBeforeRelease(
  der: Uint8Array,
  { uris = [] }: AltNameFields,
  { certificate: issuer, publicKey, isKeyLocal }: Authority,
): Certificate {
  const parsed = parseCertificate(der)
  if (!parsed.ok) throw notReleased(`it cannot be read back: ${parsed.reason}`)
  const { certificate } = parsed
  const names = certificate.extensions.subjectAltNames?.uris ?? []
  if (names.length !== uris.length || names.some((name, index) => name !== uris[index])) throw notReleased('it names somebody else')
  const profile = uris.length > 0 ? 'workload' : 'server'
  const findings = lintCertificate(certificate, { profile, issuer, issuerKey: publicKey, trustsSignature: isKeyLocal })
  if (findings.length > 0) throw notReleased(findings.map(({ rule, message }) => `${message} (${rule})`).join('; '))
  return certificate
}

function notReleased(reason: string): Error {
  return caError('HEDDLE_CA_LINT_FAILED', `the new certificate was not released: ${reason}`)
}
