/** Whatever signs and whatever is signed: our certificates and revocation lists read the same in three other programs, field by field. */
import 'reflect-metadata'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as peculiar from '@peculiar/x509'
import * as pkijs from 'pkijs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type Certificate,
  createCrl,
  createKeySigner,
  encodePem,
  generateKey,
  type KeyAlgorithm,
  lintCertificate,
  parseCertificate,
  parseCrl,
  publicKeyOf,
  signCertificate,
} from '../../src/index.js'
import { type Party, hourMs, issue, issueIntermediate, issueRoot, nowMs, workloadUri } from '../support/authority.js'
import { hasOpenssl, openssl } from '../support/openssl.js'

const kinds: readonly KeyAlgorithm[] = ['ec-p256', 'ec-p384', 'rsa', 'ed25519']
const keys = new Map(kinds.map((kind) => [kind, generateKey(kind)]))
const keyOf = (kind: KeyAlgorithm): ReturnType<typeof generateKey> => keys.get(kind) as ReturnType<typeof generateKey>
const roots = new Map<KeyAlgorithm, Party>(
  kinds.map((kind) => [
    kind,
    issue(
      {
        subject: { organization: 'cluster.local', commonName: `Wurzel ${kind} ß` },
        basicConstraints: { isCa: true },
        keyUsages: ['keyCertSign', 'cRLSign'],
        altNames: { uris: ['spiffe://cluster.local'] },
      },
      undefined,
      keyOf(kind),
    ),
  ]),
)
const rootOf = (kind: KeyAlgorithm): Party => roots.get(kind) as Party

const altNames = {
  uris: [workloadUri],
  dnsNames: ['hello.default.svc', '*.hello'],
  ipAddresses: [Uint8Array.of(10, 0, 0, 1), new Uint8Array(16).fill(1)],
}
let folder = ''
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'heddle-parity-'))))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}

const hex = (bytes: ArrayBuffer | Uint8Array): string =>
  Buffer.from(bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes)).toString('hex')
const bufferOf = (der: Uint8Array): ArrayBuffer => Uint8Array.from(der).buffer

/** A certificate as anybody reads it, extensions as they stand. */
interface Reading {
  readonly serial: string
  readonly issuer: string
  readonly subject: string
  readonly notBeforeMs: number
  readonly notAfterMs: number
  readonly spki: string
  readonly signature: string
  readonly extensions: readonly (readonly [name: string, isCritical: boolean, value: string])[]
}

function readByPeculiar(der: Uint8Array): Reading {
  const it = new peculiar.X509Certificate(bufferOf(der))
  return {
    serial: it.serialNumber,
    issuer: hex(it.issuerName.toArrayBuffer()),
    subject: hex(it.subjectName.toArrayBuffer()),
    notBeforeMs: it.notBefore.getTime(),
    notAfterMs: it.notAfter.getTime(),
    spki: hex(it.publicKey.rawData),
    signature: hex(it.signature),
    extensions: it.extensions.map(({ type, critical, value }) => [type, critical, hex(value)]),
  }
}

function readByPkijs(der: Uint8Array): Reading {
  const it = pkijs.Certificate.fromBER(bufferOf(der))
  return {
    serial: hex(it.serialNumber.valueBlock.valueHexView),
    issuer: hex(it.issuer.toSchema().toBER()),
    subject: hex(it.subject.toSchema().toBER()),
    notBeforeMs: it.notBefore.value.getTime(),
    notAfterMs: it.notAfter.value.getTime(),
    spki: hex(it.subjectPublicKeyInfo.toSchema().toBER()),
    signature: hex(it.signatureValue.valueBlock.valueHexView),
    extensions: (it.extensions ?? []).map(({ extnID, critical, extnValue }) => [extnID, critical, hex(extnValue.valueBlock.valueHexView)]),
  }
}

function readByUs(certificate: Certificate): Omit<Reading, 'extensions'> {
  const { serialHex, issuer, subject, notBeforeMs, notAfterMs, publicKey, signature } = certificate
  return {
    serial: serialHex,
    issuer: hex(issuer.der),
    subject: hex(subject.der),
    notBeforeMs,
    notAfterMs,
    spki: hex(publicKey.spki),
    signature: hex(signature.value),
  }
}

function mustParse(der: Uint8Array): Certificate {
  const parsed = parseCertificate(der)
  if (!parsed.ok) throw new Error(parsed.reason)
  return parsed.certificate
}

async function leafOf(signer: KeyAlgorithm, subject: KeyAlgorithm): Promise<Certificate> {
  const fields = {
    serial: Uint8Array.of(0x7f, 1, 2, 3, 4, 5, 6, 7, 8, kinds.indexOf(signer), kinds.indexOf(subject)),
    publicKey: publicKeyOf(generateKey(subject)),
    notBeforeMs: nowMs - 120_000,
    notAfterMs: nowMs + hourMs,
    altNames,
    basicConstraints: { isCa: false },
    keyUsages: ['digitalSignature'] as const,
    purposes: ['serverAuth', 'clientAuth'] as const,
  }
  const { key, certificate } = rootOf(signer)
  return mustParse(await signCertificate(fields, { signer: createKeySigner(key), certificate }))
}

/** What openssl writes of a certificate: one line for each field, and each extension under its name. */
function checkWithOpenssl(certificate: Certificate, root: Party): void {
  const path = file('leaf.pem', encodePem('CERTIFICATE', certificate.der))
  const { output } = openssl([
    'x509',
    '-in',
    path,
    '-noout',
    '-serial',
    '-startdate',
    '-enddate',
    '-fingerprint',
    '-sha256',
    '-ext',
    'subjectAltName,keyUsage,basicConstraints,extendedKeyUsage,subjectKeyIdentifier,authorityKeyIdentifier',
  ])
  const value = (name: string): string => new RegExp(`^${name}=(.*)$`, 'm').exec(output)?.[1] ?? ''
  expect(value('serial').toLowerCase()).toBe(certificate.serialHex)
  expect(Date.parse(value('notBefore'))).toBe(certificate.notBeforeMs)
  expect(Date.parse(value('notAfter'))).toBe(certificate.notAfterMs)
  expect(value('sha256 Fingerprint').replaceAll(':', '').toLowerCase()).toBe(createHash('sha256').update(certificate.der).digest('hex'))
  expect(output).toContain(
    'URI:spiffe://cluster.local/ns/default/sa/hello, DNS:hello.default.svc, DNS:*.hello, IP Address:10.0.0.1, IP Address:101:101:101:101:101:101:101:101',
  )
  expect(output).toMatch(/Key Usage: critical\s+Digital Signature\n/)
  expect(output).toMatch(/Basic Constraints: critical\s+CA:FALSE/)
  const { subjectKeyId = '', authorityKeyId = '' } = certificate.extensions
  for (const id of [subjectKeyId, authorityKeyId]) expect(output.replaceAll(':', '').toLowerCase()).toContain(id)
  const verified = openssl(['verify', '-x509_strict', '-attime', String(nowMs / 1000), '-CAfile', file('root.pem', root.pem), path])
  expect(verified.output).toContain('OK')
}

describe.each(kinds)('signed by %s', (signer) => {
  it.each(kinds)('a leaf of %s reads the same everywhere, verifies, and passes our own rules', async (subject) => {
    const certificate = await leafOf(signer, subject)
    const theirs = readByPeculiar(certificate.der)
    expect(readByPkijs(certificate.der)).toEqual(theirs)
    expect(theirs).toMatchObject(readByUs(certificate))
    expect(theirs.extensions.map(([, isCritical]) => isCritical)).toEqual([true, false, true, false, false, true])
    const issuer = new peculiar.X509Certificate(rootOf(signer).pem)
    expect(await new peculiar.X509Certificate(bufferOf(certificate.der)).verify({ publicKey: issuer, signatureOnly: true })).toBe(true)
    if (hasOpenssl) checkWithOpenssl(certificate, rootOf(signer))
    expect(lintCertificate(certificate, { profile: 'workload', issuer: rootOf(signer).certificate }).map(({ rule }) => rule)).toEqual([])
  })

  it('root and intermediate read the same everywhere', () => {
    const root = rootOf(signer)
    for (const { der, certificate } of [root, issueIntermediate(root, 'Zwischen, "ß"; =')]) {
      const theirs = readByPeculiar(der)
      expect(readByPkijs(der)).toEqual(theirs)
      expect(theirs).toMatchObject(readByUs(certificate))
    }
  })

  it('a revocation list reads the same everywhere, and verifies', async () => {
    const { key, certificate, pem } = rootOf(signer)
    const revoked = [
      { serialHex: '80ff00112233445566', revokedAtMs: nowMs - 5000, reason: 'keyCompromise' as const },
      { serialHex: '7f', revokedAtMs: nowMs - 3000 },
    ]
    const fields = { number: 2n ** 70n, thisUpdateMs: nowMs - 1000, nextUpdateMs: nowMs + hourMs, revoked }
    const der = await createCrl(fields, { signer: createKeySigner(key), certificate })
    const ours = parseCrl(der)
    expect(ours).toMatchObject({ ok: true, crl: { number: 2n ** 70n, thisUpdateMs: nowMs - 1000, nextUpdateMs: nowMs + hourMs } })
    expect(ours.ok && [...ours.crl.revoked.values()]).toEqual(revoked)
    const inPkijs = pkijs.CertificateRevocationList.fromBER(bufferOf(der))
    const entries = inPkijs.revokedCertificates?.map(({ userCertificate, revocationDate }) => [
      hex(userCertificate.valueBlock.valueHexView),
      revocationDate.value.getTime(),
    ])
    expect(entries).toEqual([
      ['0080ff00112233445566', nowMs - 5000],
      ['7f', nowMs - 3000],
    ])
    const inPeculiar = new peculiar.X509Crl(bufferOf(der))
    expect(
      inPeculiar.entries.map(({ serialNumber, revocationDate }) => [serialNumber.replace(/^00/, ''), revocationDate.getTime()]),
    ).toEqual(revoked.map(({ serialHex, revokedAtMs }) => [serialHex, revokedAtMs]))
    expect(inPeculiar.nextUpdate?.getTime()).toBe(nowMs + hourMs)
    expect(await inPeculiar.verify({ publicKey: new peculiar.X509Certificate(pem) })).toBe(true)
    if (!hasOpenssl) return
    const path = file('crl.pem', encodePem('X509 CRL', der))
    expect(openssl(['crl', '-in', path, '-noout', '-CAfile', file('root.pem', pem)]).output).toMatch(/verify OK/i)
    expect(openssl(['crl', '-in', path, '-noout', '-text']).output).toMatch(/Serial Number: 80FF00112233445566/i)
  })
})

it('the roots of this test are roots by our own rules, but for their short serial numbers', () => {
  for (const kind of kinds) {
    const findings = lintCertificate(rootOf(kind).certificate, { profile: 'root' }).map(({ rule }) => rule)
    expect(findings).toEqual(['serial-entropy'])
  }
  expect(issueRoot().certificate.version).toBe(3)
})
