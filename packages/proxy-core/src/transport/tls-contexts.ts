/**
 * Secure contexts: one for each identity and set of parameters, made when first needed and made anew when the secret
 * changes. Connections that are up keep theirs, so rotation drops nothing. No tickets and no renegotiation: a resumed
 * session would carry an old verdict about the peer.
 */
import { constants, createPrivateKey } from 'node:crypto'
import { createSecureContext, type SecureContext, type SecureContextOptions, type SecureVersion } from 'node:tls'
import type { CommonTlsContext, Secret, SecretSource, TlsVersion } from '@heddle/routing'
import { encodePem, parseCertificate, parseCertificatePem, parseCrlPem } from '@heddle/x509'
import { type KeyPair, UsableCertificates } from './usable-certificates.js'

export interface TlsMaterial {
  readonly context: SecureContext
  /** First URI SAN of the certificate that is shown. */
  readonly localUriSan: string | undefined
}

export type TlsMaterialResult = { readonly ok: true; readonly material: TlsMaterial } | { readonly ok: false; readonly reason: string }

export interface TlsContexts {
  get(common: CommonTlsContext, side: 'server' | 'client'): TlsMaterialResult
  secretChanged(name: string): void
}

const versions: Readonly<Record<TlsVersion, SecureVersion>> = {
  TLSv1_0: 'TLSv1.2',
  TLSv1_1: 'TLSv1.2',
  TLSv1_2: 'TLSv1.2',
  TLSv1_3: 'TLSv1.3',
}
const tls13Suites = 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256'
const tls12Suites =
  'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305'

/** Names and settings of configurations that are gone would otherwise stay for ever. */
const maxContexts = 1024

/** @param onRefused told of a new certificate that cannot be used; the one before it goes on serving. */
export interface TlsContextsOptions {
  /** Contexts that are kept. Default: 1,024. */
  readonly limit?: number
  /** Told of a certificate that cannot be used; the one before it goes on serving. Default: nobody. */
  readonly onRefused?: (name: string, reason: string) => void
}

export function createTlsContexts(
  secrets: SecretSource,
  { limit = maxContexts, onRefused = () => {} }: TlsContextsOptions = {},
): TlsContexts {
  const certificates = new UsableCertificates(secrets, onRefused)
  const byKey = new Map<string, { readonly names: readonly string[]; readonly material: TlsMaterial }>()
  return {
    get(common, side) {
      const key = `${side}|${JSON.stringify([common.certificates, common.validation?.roots.name, common.minVersion, common.maxVersion, common.cipherSuites])}`
      const known = byKey.get(key)
      if (known !== undefined) return { ok: true, material: known.material }
      const made = make(secrets, certificates, common, side)
      if (!made.ok) return made
      if (byKey.size >= limit) byKey.delete(byKey.keys().next().value as string)
      byKey.set(key, { names: namesOf(common), material: made.material })
      return made
    },
    secretChanged(name) {
      for (const [key, { names }] of byKey) if (names.includes(name)) byKey.delete(key)
    },
  }
}

function namesOf(common: CommonTlsContext): readonly string[] {
  const names = (common.certificates ?? []).map(({ name }) => name)
  return common.validation ? [...names, common.validation.roots.name] : names
}

function make(
  secrets: SecretSource,
  certificates: UsableCertificates,
  common: CommonTlsContext,
  side: 'server' | 'client',
): TlsMaterialResult {
  const options: SecureContextOptions = {
    minVersion: versions[common.minVersion ?? 'TLSv1_2'],
    maxVersion: versions[common.maxVersion ?? 'TLSv1_3'],
    ciphers: `${tls13Suites}:${suites(common.cipherSuites)}`,
    secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
  }
  const names = (common.certificates ?? []).map(({ name }) => name)
  const pairs = oneOfEachKeyType(names.map((name) => certificates.get(name)))
  const [first] = pairs
  if (first !== undefined) {
    options.cert = pairs.map(({ certificateChainPem }) => certificateChainPem)
    options.key = pairs.map(({ privateKeyPem }) => privateKeyPem)
  } else if (names.length > 0) {
    return { ok: false, reason: `the certificate "${names.join('", "')}" has not been delivered` }
  } else if (side === 'server') {
    return { ok: false, reason: 'no certificate is configured' }
  }
  const localUriSan = first === undefined ? undefined : firstUriSan(first.certificateChainPem)
  const trust = common.validation === undefined ? {} : trustOptions(secrets.get(common.validation.roots.name))
  if (typeof trust === 'string') return { ok: false, reason: trust }
  try {
    return { ok: true, material: { context: createSecureContext({ ...options, ...trust }), localUriSan } }
  } catch (error) {
    return {
      ok: false,
      reason: `the certificate "${names.join('", "')}" cannot be used: ${error instanceof Error ? error.message : String(error)}`,
    }
  }
}

/** @returns a text: why the roots cannot be used. */
function trustOptions(roots: Secret | undefined): SecureContextOptions | string {
  if (roots?.kind !== 'validation') return {}
  const lists = parseCrlPem(roots.crlPem ?? '')
  if (!lists.ok) return `the revocation lists of "${roots.name}" cannot be used: ${lists.reason}`
  return {
    // OpenSSL does not know of trust domains: which root may vouch for which id is judged after it, from DER.
    ca: [roots.rootsPem, ...Object.values(roots.federatedRootsPem ?? {})].filter((pem) => pem !== ''),
    // As in Envoy each certificate of the list is trusted by itself, roots and intermediates alike.
    allowPartialTrustChain: true,
    // One list a text. As in Envoy, a list asks for one of every authority in the chain; peers with a SPIFFE id are not held to OpenSSL's word.
    ...(lists.crls.length > 0 && { crl: lists.crls.map(({ der }) => encodePem('X509 CRL', der)) }),
  }
}

/**
 * Several certificates are for clients with different algorithms: OpenSSL holds one of each and chooses. One that has not come
 * must not keep the others from serving.
 */
function oneOfEachKeyType(pairs: readonly (KeyPair | undefined)[]): readonly KeyPair[] {
  const byType = new Map<string, KeyPair>()
  for (const pair of pairs) {
    if (pair === undefined) continue
    const type = keyTypeOf(pair.privateKeyPem)
    if (!byType.has(type)) byType.set(type, pair)
  }
  return [...byType.values()]
}

/** A key that cannot be read is told when the context is made. */
function keyTypeOf(pem: string): string {
  try {
    return createPrivateKey(pem).asymmetricKeyType ?? ''
  } catch {
    return ''
  }
}

/** Only suites with forward secrecy; Istio's list also names static RSA ones. */
function suites(configured: readonly string[] | undefined): string {
  const fit = (configured ?? []).filter((suite) => suite.startsWith('ECDHE-'))
  return fit.length > 0 ? fit.join(':') : tls12Suites
}

function firstUriSan(pem: string): string | undefined {
  const ders = parseCertificatePem(pem)
  const der = ders.ok ? ders.ders[0] : undefined
  const parsed = der === undefined ? undefined : parseCertificate(der)
  return parsed?.ok ? parsed.certificate.extensions.subjectAltNames?.uris[0] : undefined
}
