/**
 * The certificates that the authority issues, all of one shape: empty subject, critical names, P-256 or the requester's key, dates
 * clamped to the chain above. Each is parsed and checked again before anybody gets it.
 */
import type { Random } from '@heddle/base'
import {
  type AltNameFields,
  type Certificate,
  type KeyAlgorithm,
  checkSvidLeaf,
  encodePem,
  issueCertificate,
  parseCertificate,
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
  readonly notBeforeMs: number
  /** May be earlier than asked for: no certificate outlives the chain above it. */
  readonly notAfterMs: number
}

/** @throws HeddleError `HEDDLE_CA_SIGNER_EXPIRED` */
export function issueLeaf(request: LeafRequest, authority: Authority, rootsPem: string, random: Random): IssuedCertificate {
  const { nowMs } = request
  if (nowMs >= authority.chainNotAfterMs) {
    throw caError(
      'HEDDLE_CA_SIGNER_EXPIRED',
      `the authority's own certificate ended ${new Date(authority.chainNotAfterMs).toISOString()}`,
      {
        hint: 'Rotate the root, or put a new certificate in its place.',
      },
    )
  }
  const der = issueCertificate(
    {
      serial: createSerial(random),
      publicKey: request.publicKey,
      notBeforeMs: Math.max(nowMs - backdateMs, authority.certificate.notBeforeMs),
      notAfterMs: Math.min(nowMs + request.ttlSeconds * 1000, authority.chainNotAfterMs),
      altNames: request.altNames,
      basicConstraints: { isCa: false },
      keyUsages: request.keyAlgorithm === 'rsa' ? ['digitalSignature', 'keyEncipherment'] : ['digitalSignature'],
      purposes: ['serverAuth', 'clientAuth'],
    },
    { privateKey: authority.key, certificate: authority.certificate },
  )
  const { serialHex, notBeforeMs, notAfterMs } = checkBeforeRelease(der, request.altNames)
  return { chain: [encodePem('CERTIFICATE', der), ...authority.intermediates], rootsPem, serialHex, notBeforeMs, notAfterMs }
}

/** A fault here is ours, not the caller's, so it is an internal error. */
function checkBeforeRelease(der: Uint8Array, altNames: AltNameFields): Certificate {
  const parsed = parseCertificate(der)
  if (!parsed.ok) throw new Error(`the new certificate cannot be read back: ${parsed.reason}`)
  const [uri] = altNames.uris ?? []
  if (uri === undefined) return parsed.certificate
  const leaf = checkSvidLeaf(parsed.certificate)
  if (!leaf.ok || leaf.id.uri !== uri) throw new Error(`the new certificate does not name "${uri}"`)
  return parsed.certificate
}
