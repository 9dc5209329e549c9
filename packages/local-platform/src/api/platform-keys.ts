/**
 * Keys and certificates of the API itself, made at the first start and kept 0600 in the state folder: the platform's own CA
 * (not the mesh's), the server certificate, the administrator's token, and the key that signs service account tokens.
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock, Random } from '@heddle/base'
import { HeddleError } from '@heddle/base'
import { writeDurably } from '@heddle/base/node'
import {
  type Certificate,
  encodePem,
  encodePrivateKey,
  generateKey,
  issueCertificate,
  parseCertificate,
  parseCertificatePem,
  parsePrivateKey,
  publicKeyOf,
} from '@heddle/x509'
import { newTokenSigningKey } from './token-issuer.js'

export interface PlatformKeys {
  /** PEM of the CA that signs the server certificate. */
  readonly certificateAuthority: string
  readonly serverCertificate: string
  readonly serverKey: string
  readonly adminToken: string
  readonly tokenSigningKey: string
}

const dayMs = 24 * 3600 * 1000
const authorityDays = 3650
const serverDays = 365

const dnsNames = ['localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local']

/** @param addresses IPv4 addresses the server certificate is for; a new one is issued at every start. */
export function loadPlatformKeys(
  folder: string,
  addresses: readonly string[],
  deps: { readonly clock: Clock; readonly random: Random },
): PlatformKeys {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const keep = (name: string, make: () => string): string => {
    const path = join(folder, name)
    if (!existsSync(path)) writeDurably(path, make())
    return readFileSync(path, 'utf8')
  }
  const authorityKeyPem = keep('ca.key', () => encodePrivateKey(generateKey()))
  const authorityPem = keep('ca.crt', () => makeAuthority(authorityKeyPem, deps))
  const serverKey = generateKey()
  return {
    certificateAuthority: authorityPem,
    serverKey: encodePrivateKey(serverKey),
    serverCertificate: makeServerCertificate(publicKeyOf(serverKey), addresses, { authorityKeyPem, authorityPem }, deps),
    adminToken: keep('admin.token', () => Buffer.from(deps.random.bytes(32)).toString('base64url')).trim(),
    tokenSigningKey: keep('token.key', newTokenSigningKey),
  }
}

function makeAuthority(keyPem: string, { clock, random }: { readonly clock: Clock; readonly random: Random }): string {
  const privateKey = privateKeyOf(keyPem)
  const nowMs = clock.now()
  const der = issueCertificate(
    {
      serial: serialFrom(random),
      subject: { commonName: 'heddle-local-platform' },
      publicKey: publicKeyOf(privateKey),
      notBeforeMs: nowMs - dayMs,
      notAfterMs: nowMs + authorityDays * dayMs,
      basicConstraints: { isCa: true },
      keyUsages: ['keyCertSign', 'cRLSign'],
    },
    { privateKey },
  )
  return encodePem('CERTIFICATE', der)
}

function makeServerCertificate(
  publicKey: Uint8Array,
  addresses: readonly string[],
  authority: { readonly authorityKeyPem: string; readonly authorityPem: string },
  { clock, random }: { readonly clock: Clock; readonly random: Random },
): string {
  const nowMs = clock.now()
  const der = issueCertificate(
    {
      serial: serialFrom(random),
      subject: { commonName: 'kube-apiserver' },
      publicKey,
      notBeforeMs: nowMs - dayMs,
      notAfterMs: nowMs + serverDays * dayMs,
      altNames: { dnsNames, ipAddresses: addresses.map((address) => Uint8Array.from(address.split('.').map(Number))) },
      basicConstraints: { isCa: false },
      keyUsages: ['digitalSignature'],
      purposes: ['serverAuth'],
    },
    { privateKey: privateKeyOf(authority.authorityKeyPem), certificate: certificateOf(authority.authorityPem) },
  )
  return encodePem('CERTIFICATE', der)
}

/** Positive, and short enough whatever the first bit. */
function serialFrom(random: Random): Uint8Array {
  const serial = random.bytes(16)
  return Uint8Array.of(((serial[0] as number) & 0x7f) | 0x40, ...serial.subarray(1))
}

function privateKeyOf(pem: string): ReturnType<typeof generateKey> {
  const result = parsePrivateKey(pem)
  if (!result.ok) throw damaged('ca.key', result.reason)
  return result.key
}

function certificateOf(pem: string): Certificate {
  const ders = parseCertificatePem(pem)
  if (!ders.ok) throw damaged('ca.crt', ders.reason)
  const result = parseCertificate(ders.ders[0] as Uint8Array)
  if (!result.ok) throw damaged('ca.crt', result.reason)
  return result.certificate
}

function damaged(file: string, reason: string): HeddleError {
  return new HeddleError({
    code: 'HEDDLE_PLATFORM_KEYS',
    message: `the platform's ${file} in the state folder cannot be used: ${reason}`,
    hint: 'Restore the file from a copy, or remove the folder `pki` to get new keys (kubeconfig and tokens change with them).',
  })
}
