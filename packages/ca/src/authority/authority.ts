/** A key that signs leaves, with the certificates between it and the root. */
import type { KeyObject } from 'node:crypto'
import type { Random } from '@heddle/base'
import { type Certificate, encodePem, generateKey, issueCertificate, parseCertificate, publicKeyOf } from '@heddle/x509'
import { backdateMs, createSerial } from '../issue/serial.js'

export interface Authority {
  readonly certificate: Certificate
  readonly key: KeyObject
  /** PEM of the certificates that a leaf's chain carries above it, this authority's first; empty when it is itself a root. */
  readonly intermediates: readonly string[]
  /** One or more roots in PEM. */
  readonly rootsPem: string
  /** When the first certificate of the chain ends; no leaf outlives it. */
  readonly chainNotAfterMs: number
}

export interface RootOptions {
  readonly trustDomain: string
  readonly ttlSeconds: number
  readonly nowMs: number
}

/** A self-signed P-256 root: O names the trust domain as Istio's does, and the URI name binds it to the domain as SPIFFE asks. */
export function createRoot({ trustDomain, ttlSeconds, nowMs }: RootOptions, random: Random): Authority {
  const key = generateKey()
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
  return rootAuthority(parsed.certificate, key)
}

export function rootAuthority(certificate: Certificate, key: KeyObject): Authority {
  return {
    certificate,
    key,
    intermediates: [],
    rootsPem: encodePem('CERTIFICATE', certificate.der),
    chainNotAfterMs: certificate.notAfterMs,
  }
}

/** Whether a certificate carries the public half of a key. */
export function isKeyOf(key: KeyObject, certificate: Certificate): boolean {
  return Buffer.compare(publicKeyOf(key), certificate.publicKey.spki) === 0
}
