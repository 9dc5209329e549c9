/** A small authority for the tests of this package, made of the functions under test plus fixed keys where they save time. */
import type { KeyObject } from 'node:crypto'
import {
  type Certificate,
  type CertificateFields,
  encodePem,
  encodePrivateKey,
  generateKey,
  issueCertificate,
  parseCertificate,
  publicKeyOf,
} from '../../src/index.js'

export const nowMs: number = Date.UTC(2026, 5, 1, 12)
export const hourMs = 3_600_000

export interface Party {
  readonly key: KeyObject
  readonly der: Uint8Array
  readonly pem: string
  readonly keyPem: string
  readonly certificate: Certificate
}

let serial = 1

export function issue(fields: Partial<CertificateFields>, issuer?: Party, key: KeyObject = generateKey()): Party {
  const complete: CertificateFields = {
    serial: Uint8Array.of(0x10, serial++ >> 8, serial & 0xff),
    publicKey: publicKeyOf(key),
    notBeforeMs: nowMs - hourMs,
    notAfterMs: nowMs + hourMs,
    keyUsages: ['digitalSignature'],
    ...fields,
  }
  const der = issueCertificate(complete, issuer ? { privateKey: issuer.key, certificate: issuer.certificate } : { privateKey: key })
  return {
    key,
    der,
    pem: encodePem('CERTIFICATE', der),
    keyPem: encodePrivateKey(key),
    get certificate() {
      return mustParse(der)
    },
  }
}

export function issueRoot(name = 'cluster.local', fields: Partial<CertificateFields> = {}): Party {
  return issue({ subject: { organization: name }, basicConstraints: { isCa: true }, keyUsages: ['keyCertSign', 'cRLSign'], ...fields })
}

export function issueIntermediate(issuer: Party, name = 'intermediate', fields: Partial<CertificateFields> = {}): Party {
  return issue(
    { subject: { organization: name }, basicConstraints: { isCa: true, pathLength: 0 }, keyUsages: ['keyCertSign', 'cRLSign'], ...fields },
    issuer,
  )
}

export const workloadUri = 'spiffe://cluster.local/ns/default/sa/hello'

export function issueLeaf(issuer: Party, fields: Partial<CertificateFields> = {}): Party {
  return issue(
    {
      altNames: { uris: [workloadUri] },
      basicConstraints: { isCa: false },
      purposes: ['serverAuth', 'clientAuth'],
      ...fields,
    },
    issuer,
  )
}

function mustParse(der: Uint8Array): Certificate {
  const result = parseCertificate(der)
  if (!result.ok) throw new Error(result.reason)
  return result.certificate
}
