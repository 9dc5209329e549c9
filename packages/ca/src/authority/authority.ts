/** What signs leaves: a signer, its certificate, and the certificates between it and the root. */
import { type KeyObject, createHash } from 'node:crypto'
import type { Random } from '@heddle/base'
import {
  type Certificate,
  type KeyAlgorithm,
  type Signer,
  createKeySigner,
  encodePem,
  importPublicKey,
  issueCertificate,
  lintCertificate,
  parseCertificate,
  publicKeyOf,
} from '@heddle/x509'
import { backdateMs, createSerial } from '../issue/serial.js'
import { newKey } from './new-key.js'

export interface Authority {
  readonly certificate: Certificate
  readonly signer: Signer
  /** Whether the key is in this process, where a signature that was made is a good one. */
  readonly isKeyLocal: boolean
  /** The certificate's key, loaded: every new leaf's signature is verified with it. */
  readonly publicKey: KeyObject
  /** PEM of the certificates that a leaf's chain carries above it, this authority's first; empty when it is itself a root. */
  readonly intermediates: readonly string[]
  /** One or more roots in PEM. */
  readonly rootsPem: string
  /** When the first certificate of the chain ends; no leaf outlives it. */
  readonly chainNotAfterMs: number
  /** SHA-256 of the certificate's DER, lower-case hexadecimal: how people and programs name it. */
  readonly fingerprint: string
}

export interface RootOptions {
  readonly trustDomain: string
  readonly ttlSeconds: number
  readonly nowMs: number
  readonly keyAlgorithm: KeyAlgorithm
}

export interface NewRoot {
  readonly authority: Authority
  readonly key: KeyObject
}

/** A self-signed root with a key of its own: O names the trust domain as Istio's does, and the URI name binds it to the domain as SPIFFE asks. */
export function createRoot({ trustDomain, ttlSeconds, nowMs, keyAlgorithm }: RootOptions, random: Random): NewRoot {
  const key = newKey(random, keyAlgorithm)
  const der = issueCertificate(
    {
      serial: createSerial(random),
      subject: { organization: trustDomain },
      publicKey: publicKeyOf(key),
      notBeforeMs: nowMs - backdateMs,
      notAfterMs: nowMs + ttlSeconds * 1000,
      altNames: { uris: [`spiffe://${trustDomain}`] },
      basicConstraints: { isCa: true },
      keyUsages: ['keyCertSign', 'cRLSign'],
    },
    { privateKey: key },
  )
  const parsed = parseCertificate(der)
  if (!parsed.ok) throw new Error(`the new root cannot be read back: ${parsed.reason}`)
  const findings = lintCertificate(parsed.certificate, { profile: 'root' })
  if (findings.length > 0) throw new Error(`the new root breaks rules: ${findings.map(({ message }) => message).join('; ')}`)
  return { authority: rootAuthority(parsed.certificate, key), key }
}

export function rootAuthority(certificate: Certificate, key: KeyObject): Authority {
  return {
    certificate,
    signer: createKeySigner(key),
    isKeyLocal: true,
    publicKey: loadedKeyOf(certificate),
    intermediates: [],
    rootsPem: encodePem('CERTIFICATE', certificate.der),
    chainNotAfterMs: certificate.notAfterMs,
    fingerprint: fingerprintOf(certificate),
  }
}

/** @throws Error for a key outside the rules: authorities are judged before. */
export function loadedKeyOf(certificate: Certificate): KeyObject {
  const key = importPublicKey(certificate.publicKey)
  if (!key) throw new Error(`the key of "${certificate.subject.text}" cannot be used`)
  return key
}

/** Whether a certificate carries a public key. */
export function isKeyOf(spki: Uint8Array, certificate: Certificate): boolean {
  return Buffer.compare(spki, certificate.publicKey.spki) === 0
}

/** SHA-256 of the DER, lower-case hexadecimal. */
export function fingerprintOf(certificate: Certificate): string {
  return createHash('sha256').update(certificate.der).digest('hex')
}
