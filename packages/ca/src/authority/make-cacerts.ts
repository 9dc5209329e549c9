/**
 * A root and an intermediate below it, as the files of Istio's `cacerts`: the root's key can stay in a safe, the mesh signs with the
 * intermediate, and a new intermediate needs no new root.
 */
import { type Clock, type Random, parseSpiffeId } from '@heddle/base'
import { systemClock, systemRandom } from '@heddle/base/node'
import { encodePem, encodePrivateKey, issueCertificate, lintCertificate, parseCertificate, publicKeyOf } from '@heddle/x509'
import { caError } from '../ca-error.js'
import { backdateMs, createSerial } from '../issue/serial.js'
import { createRoot } from './authority.js'
import type { Cacerts } from './cacerts.js'
import { newKey } from './new-key.js'

export interface MakeCacertsOptions {
  readonly trustDomain: string
  /** Default: 3650 days. */
  readonly rootTtlSeconds?: number
  /** Default: 365 days; never longer than the root. */
  readonly caTtlSeconds?: number
}

export interface MadeCacerts extends Required<Pick<Cacerts, 'caCertPem' | 'caKeyPem' | 'certChainPem' | 'rootCertPem'>> {
  /** The root's private key: not needed by the mesh, and best kept away from it. */
  readonly rootKeyPem: string
}

const daySeconds = 86_400

/** @throws HeddleError `HEDDLE_CA_OPTIONS_INVALID` */
export function makeCacerts(options: MakeCacertsOptions, deps: { readonly clock?: Clock; readonly random?: Random } = {}): MadeCacerts {
  const { clock = systemClock, random = systemRandom } = deps
  const { trustDomain, rootTtlSeconds = 3650 * daySeconds, caTtlSeconds = 365 * daySeconds } = options
  const parsed = parseSpiffeId(`spiffe://${trustDomain}`)
  if (!parsed.ok || parsed.id.path !== '') {
    throw caError('HEDDLE_CA_OPTIONS_INVALID', `"${trustDomain}" is not a trust domain`, { origin: 'user' })
  }
  const nowMs = clock.now()
  const root = createRoot({ trustDomain, ttlSeconds: rootTtlSeconds, nowMs, keyAlgorithm: 'ec-p256' }, random)
  const key = newKey(random)
  const issuer = root.authority.certificate
  const der = issueCertificate(
    {
      serial: createSerial(random),
      subject: { organization: trustDomain, commonName: 'intermediate' },
      publicKey: publicKeyOf(key),
      notBeforeMs: nowMs - backdateMs,
      notAfterMs: Math.min(nowMs + caTtlSeconds * 1000, issuer.notAfterMs),
      altNames: { uris: [`spiffe://${trustDomain}`] },
      basicConstraints: { isCa: true, pathLength: 0 },
      keyUsages: ['keyCertSign', 'cRLSign'],
    },
    { privateKey: root.key, certificate: issuer },
  )
  const made = parseCertificate(der)
  const findings = made.ok ? lintCertificate(made.certificate, { profile: 'intermediate', issuer }) : []
  if (!made.ok || findings.length > 0) throw new Error(`the new intermediate breaks rules: ${findings.map(({ rule }) => rule).join(', ')}`)
  const caCertPem = encodePem('CERTIFICATE', der)
  const rootCertPem = root.authority.rootsPem
  return {
    caCertPem,
    caKeyPem: encodePrivateKey(key),
    certChainPem: caCertPem + rootCertPem,
    rootCertPem,
    rootKeyPem: encodePrivateKey(root.key),
  }
}
