import 'reflect-metadata'
import { X509Certificate as NodeCertificate, generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as peculiar from '@peculiar/x509'
import * as pkijs from 'pkijs'
import { afterAll, describe, expect, it } from 'vitest'
import { createCsr, encodePem, generateKey, parseCertificate, parseCsr, parsePem } from '../../src/index.js'
import { hourMs, issue, issueIntermediate, issueLeaf, issueRoot, nowMs, workloadUri } from '../support/authority.js'
import { hasOpenssl, openssl } from '../support/openssl.js'

const folder = mkdtempSync(join(tmpdir(), 'heddle-x509-'))
afterAll(() => rmSync(folder, { recursive: true }))

const root = issueRoot()
const middle = issueIntermediate(root)
const altNames = { uris: [workloadUri], dnsNames: ['hello.default.svc'], ipAddresses: [Uint8Array.of(127, 0, 0, 1)] }
const samples = {
  root,
  middle,
  leaf: issueLeaf(middle, { altNames }),
  'leaf after 2050': issueLeaf(middle, { notAfterMs: Date.UTC(2061, 1, 3, 4, 5, 6) }),
  'P-384 leaf': issue({ altNames }, root, generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey),
  'RSA root': issue(
    {
      subject: { organization: 'Ünïcode, "quoted"', commonName: 'root' },
      basicConstraints: { isCa: true, pathLength: 2 },
      keyUsages: ['keyCertSign'],
    },
    undefined,
    generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
  ),
}

describe.each(Object.entries(samples))('the %s that we write', (_, { der, pem, certificate }) => {
  it('reads the same in node:crypto', () => {
    const other = new NodeCertificate(pem)
    expect(other.serialNumber.toLowerCase()).toBe(certificate.serialHex)
    expect(Date.parse(other.validFrom)).toBe(certificate.notBeforeMs)
    expect(Date.parse(other.validTo)).toBe(certificate.notAfterMs)
    expect(other.ca).toBe(certificate.extensions.basicConstraints?.isCa ?? false)
    expect(Buffer.compare(other.publicKey.export({ format: 'der', type: 'spki' }), certificate.publicKey.spki)).toBe(0)
  })

  it('reads the same in @peculiar/x509', () => {
    const other = new peculiar.X509Certificate(pem)
    expect(other.serialNumber).toBe(certificate.serialHex)
    expect(other.notAfter.getTime()).toBe(certificate.notAfterMs)
    expect(Buffer.compare(Buffer.from(other.subjectName.toArrayBuffer()), certificate.subject.der)).toBe(0)
    expect(Buffer.compare(Buffer.from(other.issuerName.toArrayBuffer()), certificate.issuer.der)).toBe(0)
    const names = other.getExtension(peculiar.SubjectAlternativeNameExtension)
    expect(names?.names.items.filter((name) => name.type === 'url').map((name) => name.value) ?? []).toEqual(
      certificate.extensions.subjectAltNames?.uris ?? [],
    )
    expect(other.getExtension(peculiar.SubjectKeyIdentifierExtension)?.keyId).toBe(certificate.extensions.subjectKeyId)
    expect(other.getExtension(peculiar.AuthorityKeyIdentifierExtension)?.keyId).toBe(certificate.extensions.authorityKeyId)
  })

  it('reads the same in pkijs', () => {
    const other = pkijs.Certificate.fromBER(Uint8Array.from(der).buffer)
    expect(Buffer.from(other.serialNumber.valueBlock.valueHexView).toString('hex')).toBe(certificate.serialHex)
    expect(other.notBefore.value.getTime()).toBe(certificate.notBeforeMs)
    expect(other.extensions?.filter((extension) => extension.critical).length).toBe(
      [certificate.extensions.keyUsage, certificate.extensions.basicConstraints, certificate.extensions.subjectAltNames].filter(
        (extension) => extension?.isCritical,
      ).length,
    )
  })
})

describe('certificates of others', () => {
  it('made by @peculiar/x509 read as it says', async () => {
    const keys = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
    const made = await peculiar.X509CertificateGenerator.createSelfSigned({
      serialNumber: '0abc',
      name: 'CN=test, O=Example',
      notBefore: new Date(nowMs),
      notAfter: new Date(nowMs + hourMs),
      keys,
      signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
      extensions: [
        new peculiar.BasicConstraintsExtension(true, 3, true),
        new peculiar.KeyUsagesExtension(peculiar.KeyUsageFlags.keyCertSign | peculiar.KeyUsageFlags.decipherOnly, true),
        new peculiar.SubjectAlternativeNameExtension(
          [
            { type: 'url', value: workloadUri },
            { type: 'email', value: 'a@b.test' },
          ],
          false,
        ),
      ],
    })
    const result = parseCertificate(new Uint8Array(made.rawData))
    if (!result.ok) throw new Error(result.reason)
    expect(result.certificate.subject.text).toBe('CN=test,O=Example')
    expect(result.certificate.extensions).toMatchObject({
      basicConstraints: { isCritical: true, isCa: true, pathLength: 3 },
      keyUsage: { isCritical: true, usages: ['keyCertSign', 'decipherOnly'] },
      subjectAltNames: { isCritical: false, uris: [workloadUri], otherCount: 1 },
      unhandled: [],
    })
  })

  it.skipIf(!hasOpenssl)('made by openssl read as it says, unknown critical extensions and name constraints named', () => {
    const path = join(folder, 'own.pem')
    const made = openssl([
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      join(folder, 'own.key'),
      '-out',
      path,
      '-days',
      '30',
      '-subj',
      '/C=DE/O=Example, Inc./OU=a;b/CN=root',
      '-addext',
      '1.2.3.4=critical,ASN1:UTF8String:x',
      '-addext',
      'nameConstraints=permitted;DNS:a.test',
    ])
    expect(made.status, made.output).toBe(0)
    const block = parsePem(openssl(['x509', '-in', path]).output)
    const result = block.ok && parseCertificate(block.blocks[0]?.der as Uint8Array)
    if (!result || !result.ok) throw new Error('not read')
    expect(result.certificate.subject.text).toBe('C=DE,O=Example\\, Inc.,OU=a\\;b,CN=root')
    expect([...result.certificate.extensions.unhandled].sort()).toEqual(['1.2.3.4', '2.5.29.30'])
  })
})

describe('requests', () => {
  it('that we write are accepted by @peculiar/x509, and its own by us', async () => {
    const ours = new peculiar.Pkcs10CertificateRequest(createCsr({ privateKey: generateKey(), altNames }))
    expect(await ours.verify()).toBe(true)
    const keys = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-384' }, true, ['sign', 'verify'])
    const theirs = await peculiar.Pkcs10CertificateRequestGenerator.create({
      name: 'CN=x',
      keys,
      signingAlgorithm: { name: 'ECDSA', hash: 'SHA-384' },
      extensions: [new peculiar.SubjectAlternativeNameExtension([{ type: 'url', value: workloadUri }])],
    })
    const result = parseCsr(encodePem('CERTIFICATE REQUEST', new Uint8Array(theirs.rawData)))
    expect(result.ok && result.csr.requested.subjectAltNames?.uris).toEqual([workloadUri])
  })

  it.skipIf(!hasOpenssl)('that we write verify in openssl', () => {
    const path = join(folder, 'request.pem')
    writeFileSync(path, createCsr({ privateKey: generateKey(), altNames }))
    expect(openssl(['req', '-in', path, '-verify', '-noout', '-text']).output).toContain(`URI:${workloadUri}`)
    expect(openssl(['req', '-in', path, '-verify', '-noout']).output).toMatch(/verify OK/i)
  })
})

it.skipIf(!hasOpenssl)('chains that we write pass the strict verification of openssl', () => {
  const at = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  const files = [at('leaf.pem', samples.leaf.pem), at('middle.pem', middle.pem), at('root.pem', root.pem)] as const
  const time = String(Math.floor(nowMs / 1000))
  const result = openssl(['verify', '-x509_strict', '-attime', time, '-CAfile', files[2], '-untrusted', files[1], files[0]])
  expect(result.output).toContain('OK')
})
