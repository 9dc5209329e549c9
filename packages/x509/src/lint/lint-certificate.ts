/**
 * The last look at a certificate before anybody gets it: each rule is one sentence of RFC 5280, of the X509-SVID specification or
 * of our own profile, so a fault of the issuing code, of its options or of an outside signer never leaves the authority. Form
 * (DER, lengths, times, repeated extensions) is held by the strict reader that made the `Certificate`.
 */
import type { KeyObject } from 'node:crypto'
import { parseSpiffeId } from '@heddle/base'
import { oid } from '../der/oid.js'
import type { Certificate } from '../model/certificate.js'
import type { KeyUsageName } from '../model/extensions.js'
import { importPublicKey } from '../model/public-key.js'
import { verifySignature } from '../model/signature.js'
import { checkSvidLeaf } from '../svid/check-svid-leaf.js'

/** `workload`: an X509-SVID leaf. `server`: a leaf under DNS names, perhaps with an id too. */
export type CertificateProfile = 'root' | 'intermediate' | 'workload' | 'server'

export interface LintContext {
  readonly profile: CertificateProfile
  /** Who signed it. Default: it signed itself. */
  readonly issuer?: Certificate
  /** The signer's public key when it is loaded already: loading costs more than all rules. Default: loaded from its certificate. */
  readonly issuerKey?: KeyObject
  /** Whether the signature was made a moment ago by OpenSSL with the very key of the issuer: verifying it would double the work of issuing. Default: `false`. */
  readonly trustsSignature?: boolean
  /** Longest life allowed, in milliseconds, backdating included. Default: none. */
  readonly maxLifetimeMs?: number
}

export interface LintFinding {
  /** A stable name, such as `serial-entropy`. */
  readonly rule: string
  readonly message: string
}

type Rule = readonly [name: string, message: string, isBroken: (certificate: Certificate, context: Resolved) => boolean]

interface Resolved extends LintContext {
  readonly issuer: Certificate
  readonly isSelfSigned: boolean
}

const uses = ({ extensions }: Certificate, name: KeyUsageName): boolean => extensions.keyUsage?.usages.includes(name) ?? false
const uris = ({ extensions }: Certificate): readonly string[] => extensions.subjectAltNames?.uris ?? []
const isSame = (left: Uint8Array, right: Uint8Array): boolean => Buffer.compare(left, right) === 0
const dnsName = /^(?=.{1,253}$)(?:\*\.)?[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/i

const commonRules: readonly Rule[] = [
  ['version', 'the version must be 3', (it) => it.version !== 3],
  ['serial-positive', 'the serial number must not be zero', (it) => it.serialHex === '0'],
  ['serial-length', 'the serial number must have at most 20 octets', (it) => it.serialHex.length > 40],
  ['serial-entropy', 'the serial number must have at least 64 bits', (it) => it.serialHex.length < 16],
  ['signature-algorithm', 'the signature algorithm must be one that peers accept', (it) => it.signature.algorithm.known === undefined],
  ['key-accepted', 'the key must obey the key rules', (it) => it.publicKey.rules.kind === 'refused'],
  ['validity-order', 'it must not end before it begins', (it) => it.notAfterMs <= it.notBeforeMs],
  [
    'validity-length',
    'it must not live longer than its maximum',
    (it, { maxLifetimeMs }) => maxLifetimeMs !== undefined && it.notAfterMs - it.notBeforeMs > maxLifetimeMs,
  ],
  ['subject-key-id', 'it must have a subject key identifier', (it) => it.extensions.subjectKeyId === undefined],
  ['authority-key-id', 'it must have an authority key identifier', (it) => it.extensions.authorityKeyId === undefined],
  ['issuer-name', "its issuer must be the signer's subject", (it, { issuer }) => !isSame(it.issuer.der, issuer.subject.der)],
  [
    'issuer-key-id',
    "its authority key identifier must be the signer's",
    (it, { issuer }) => issuer.extensions.subjectKeyId !== undefined && it.extensions.authorityKeyId !== issuer.extensions.subjectKeyId,
  ],
  [
    'issuer-validity',
    'it must live within the life of its signer',
    (it, { issuer }) => it.notBeforeMs < issuer.notBeforeMs || it.notAfterMs > issuer.notAfterMs,
  ],
  ['issuer-authority', 'its signer must be a CA', (_, { issuer }) => issuer.extensions.basicConstraints?.isCa !== true],
  [
    'own-key',
    "it must not carry its signer's key",
    (it, { issuer, isSelfSigned }) => !isSelfSigned && isSame(it.publicKey.spki, issuer.publicKey.spki),
  ],
  ['key-usage', 'it must have a critical key usage', (it) => it.extensions.keyUsage?.isCritical !== true],
  ['unknown-extensions', 'it must have no extension that verifiers refuse', (it) => it.extensions.unhandled.length > 0],
  ['other-names', 'its names must be URIs, DNS names and addresses', (it) => (it.extensions.subjectAltNames?.otherCount ?? 0) > 0],
  [
    'critical-names',
    'its names must be critical when the subject is empty',
    (it) => it.subject.text === '' && it.extensions.subjectAltNames?.isCritical !== true,
  ],
]

const authorityRules: readonly Rule[] = [
  [
    'authority-constraints',
    'a CA must have critical basic constraints that say so',
    ({ extensions: { basicConstraints } }) => !(basicConstraints?.isCa && basicConstraints.isCritical),
  ],
  ['authority-subject', 'a CA must have a subject', (it) => it.subject.text === ''],
  ['authority-key-usage', 'a CA must be allowed to sign certificates', (it) => !uses(it, 'keyCertSign')],
  ['authority-purposes', 'a CA must not have an extended key usage', (it) => it.extensions.extendedKeyUsage !== undefined],
  ['authority-id', 'a CA may name its trust domain and nothing else', (it) => uris(it).length > 1 || uris(it).some(namesNoTrustDomain)],
  [
    'path-length',
    'an intermediate must limit its path',
    (it, { profile }) => profile === 'intermediate' && it.extensions.basicConstraints?.pathLength === undefined,
  ],
  [
    'root-signs-itself',
    'a root must sign itself',
    (it, { profile, isSelfSigned }) => profile === 'root' && !(isSelfSigned && isSame(it.issuer.der, it.subject.der)),
  ],
]

const leafRules: readonly Rule[] = [
  ['leaf-constraints', 'a leaf must not be a CA', (it) => it.extensions.basicConstraints?.isCa === true],
  ['leaf-signs-nothing', 'a leaf must not sign certificates or revocation lists', (it) => uses(it, 'keyCertSign') || uses(it, 'cRLSign')],
  ['leaf-digital-signature', 'a leaf must be allowed to sign handshakes', (it) => !uses(it, 'digitalSignature')],
  [
    'leaf-key-encipherment',
    'only an RSA leaf may encipher keys',
    (it) => uses(it, 'keyEncipherment') && !(it.publicKey.rules.kind === 'accepted' && it.publicKey.rules.algorithm === 'rsa'),
  ],
  [
    'leaf-purposes',
    'a leaf must be fit for servers and clients, and for nothing else',
    ({ extensions: { extendedKeyUsage } }) =>
      extendedKeyUsage?.purposes.length !== 2 ||
      !extendedKeyUsage.purposes.includes(oid.serverAuth) ||
      !extendedKeyUsage.purposes.includes(oid.clientAuth),
  ],
  ['leaf-names', 'a leaf must name somebody', (it) => it.extensions.subjectAltNames === undefined],
  ['leaf-id', 'a workload has one SPIFFE id with a path', (it, { profile }) => profile === 'workload' && !checkSvidLeaf(it).ok],
  ['server-id', 'a server has at most one SPIFFE id', (it) => uris(it).length > 1 || uris(it).some((uri) => !parseSpiffeId(uri).ok)],
  [
    'dns-names',
    'a DNS name must be one',
    ({ extensions }) => extensions.subjectAltNames?.dnsNames.some((name) => !dnsName.test(name)) === true,
  ],
]

/** The broken rules; empty when the certificate may be released. The signature is verified with the issuer's key. */
export function lintCertificate(certificate: Certificate, context: LintContext): readonly LintFinding[] {
  const isAuthority = context.profile === 'root' || context.profile === 'intermediate'
  const resolved: Resolved = { ...context, issuer: context.issuer ?? certificate, isSelfSigned: context.issuer === undefined }
  const findings: LintFinding[] = []
  for (const rules of [commonRules, isAuthority ? authorityRules : leafRules]) {
    for (const [rule, message, isBroken] of rules) if (isBroken(certificate, resolved)) findings.push({ rule, message })
  }
  if (context.trustsSignature) return findings
  const key = context.issuerKey ?? importPublicKey(resolved.issuer.publicKey)
  if (!key || !verifySignature(certificate.signature, key)) {
    findings.push({ rule: 'signature', message: "its signature must verify with the signer's key" })
  }
  return findings
}

function namesNoTrustDomain(uri: string): boolean {
  const result = parseSpiffeId(uri)
  return !result.ok || result.id.path !== ''
}
