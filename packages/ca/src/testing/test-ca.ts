/**
 * A throw-away root and whatever leaf a test asks for, good or deliberately wrong. It makes certificates with the same writer as
 * the real authority but obeys its caller in everything, so it must never leave tests.
 */
import type { KeyObject } from 'node:crypto'
import type { Clock, Random } from '@heddle/base'
import { systemClock, systemRandom } from '@heddle/base/node'
import {
  type Certificate,
  type CertificateFields,
  type TrustBundle,
  createCrl,
  createKeySigner,
  createTrustBundle,
  encodePem,
  encodePrivateKey,
  issueCertificate,
  parseCertificate,
  publicKeyOf,
} from '@heddle/x509'
import { newKey } from '../authority/new-key.js'

export interface TestCaOptions {
  /** Default: `cluster.local`. */
  readonly trustDomain?: string
  /** Gives the dates; pass a test's fake clock. Default: the system clock. */
  readonly clock?: Clock
  /** Gives keys and serial numbers. Default: the system's. */
  readonly random?: Random
}

export interface TestIssueOptions {
  /** Seconds from now. Default: one hour. Negative: already expired. */
  readonly ttlSeconds?: number
  /** Added to the SPIFFE id. Default: none. */
  readonly dnsNames?: readonly string[]
  /** 4 or 16 octets each. Default: none. */
  readonly ipAddresses?: readonly Uint8Array[]
  /** Replaces any field, to make certificates that must be refused. */
  readonly fields?: Partial<CertificateFields>
  /** Issues below this many fresh intermediates. Default: 0, the root issues. */
  readonly intermediates?: number
}

export interface TestIdentity {
  readonly spiffeId: string
  readonly certPem: string
  readonly keyPem: string
  /** Leaf, then intermediates; what a TLS peer presents. */
  readonly chainPem: string
  /** The same as DER, leaf first. */
  readonly chain: readonly Uint8Array[]
}

export interface TestCa {
  readonly trustDomain: string
  readonly rootPem: string
  /** The root alone, under the trust domain's name. */
  readonly bundle: TrustBundle
  issue(spiffeId: string, options?: TestIssueOptions): TestIdentity
  /** The root's next revocation list, in PEM, in force for an hour. @param certificates DER of those it names: leaves or intermediates below the root. */
  revoke(...certificates: readonly Uint8Array[]): Promise<string>
}

interface Authority {
  readonly key: KeyObject
  readonly certificate: Certificate
}

const dayMs = 86_400_000

export function createTestCa(options: TestCaOptions = {}): TestCa {
  const trustDomain = options.trustDomain ?? 'cluster.local'
  const clock = options.clock ?? systemClock
  const random = options.random ?? systemRandom
  const serial = (): Uint8Array => Uint8Array.of(0x40, ...random.bytes(15))

  const createAuthority = (name: string, issuer?: Authority): Authority => {
    const key = newKey(random)
    const der = issueCertificate(
      {
        serial: serial(),
        subject: { organization: name },
        publicKey: publicKeyOf(key),
        notBeforeMs: clock.now() - dayMs,
        notAfterMs: clock.now() + 3650 * dayMs,
        basicConstraints: { isCa: true },
        keyUsages: ['keyCertSign', 'cRLSign'],
      },
      issuer ? { privateKey: issuer.key, certificate: issuer.certificate } : { privateKey: key },
    )
    return { key, certificate: certificateOf(der) }
  }
  const root = createAuthority(trustDomain)
  const rootPem = encodePem('CERTIFICATE', root.certificate.der)

  const issue = (spiffeId: string, asked: TestIssueOptions = {}): TestIdentity => {
    const path = [root]
    for (let level = 0; level < (asked.intermediates ?? 0); level++) path.unshift(createAuthority(`intermediate ${level + 1}`, path[0]))
    const issuer = path[0] as Authority
    const key = newKey(random)
    const der = issueCertificate(
      {
        serial: serial(),
        publicKey: publicKeyOf(key),
        notBeforeMs: clock.now() - Math.max(120_000, -1000 * (asked.ttlSeconds ?? 0) + 120_000),
        notAfterMs: clock.now() + 1000 * (asked.ttlSeconds ?? 3600),
        altNames: { uris: [spiffeId], dnsNames: asked.dnsNames ?? [], ipAddresses: asked.ipAddresses ?? [] },
        basicConstraints: { isCa: false },
        keyUsages: ['digitalSignature'],
        purposes: ['serverAuth', 'clientAuth'],
        ...asked.fields,
      },
      { privateKey: issuer.key, certificate: issuer.certificate },
    )
    const chain = [der, ...path.slice(0, -1).map((authority) => authority.certificate.der)]
    const pems = chain.map((certificate) => encodePem('CERTIFICATE', certificate))
    return { spiffeId, certPem: pems[0] as string, keyPem: encodePrivateKey(key), chainPem: pems.join(''), chain }
  }
  let crlNumber = 0n
  const revoke = async (...certificates: readonly Uint8Array[]): Promise<string> => {
    const thisUpdateMs = clock.now() - 1000
    const revoked = certificates.map((der) => ({ serialHex: certificateOf(der).serialHex, revokedAtMs: thisUpdateMs }))
    const fields = { number: ++crlNumber, thisUpdateMs, nextUpdateMs: clock.now() + 3_600_000, revoked }
    return encodePem('X509 CRL', await createCrl(fields, { signer: createKeySigner(root.key), certificate: root.certificate }))
  }
  return { trustDomain, rootPem, bundle: createTrustBundle({ roots: { [trustDomain]: rootPem } }), issue, revoke }
}

function certificateOf(der: Uint8Array): Certificate {
  const result = parseCertificate(der)
  if (!result.ok) throw new Error(`the test authority wrote a certificate that it cannot read: ${result.reason}`)
  return result.certificate
}
