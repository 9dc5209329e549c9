import { createFakeClock } from '@heddle/base/testing'
import { type KeyObject, generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Certificate,
  encodePem,
  encodePrivateKey,
  generateKey,
  issueCertificate,
  parseCertificate,
  parseCertificatePem,
  publicKeyOf,
  verifySvidPath,
} from '@heddle/x509'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Cacerts, createCa, createMemoryCaStore, readCacerts } from '../../src/index.js'
import { caller, csr, startCa, withCode, workloadUri } from '../support/fixtures.js'
import { hasOpenssl, openssl } from '../support/openssl.js'

const clock = createFakeClock()
const dayMs = 86_400_000

interface TestAuthority {
  readonly key: KeyObject
  readonly pem: string
  readonly keyPem: string
  readonly certificate: Certificate
}

function authority(name: string, issuer?: TestAuthority, days = 100): TestAuthority {
  const key = generateKey()
  const der = issueCertificate(
    {
      serial: Uint8Array.of(7),
      subject: { organization: name },
      publicKey: publicKeyOf(key),
      notBeforeMs: clock.now() - dayMs,
      notAfterMs: clock.now() + days * dayMs,
      basicConstraints: { isCa: true },
      keyUsages: ['keyCertSign', 'cRLSign'],
    },
    issuer ? { privateKey: issuer.key, certificate: issuer.certificate } : { privateKey: key },
  )
  const parsed = parseCertificate(der)
  if (!parsed.ok) throw new Error(parsed.reason)
  return { key, pem: encodePem('CERTIFICATE', der), keyPem: encodePrivateKey(key), certificate: parsed.certificate }
}

const root = authority('root', undefined, 50)
const upper = authority('upper', root)
const lower = authority('lower', upper)
const good: Cacerts = {
  caCertPem: lower.pem,
  caKeyPem: lower.keyPem,
  certChainPem: lower.pem + upper.pem + root.pem,
  rootCertPem: root.pem,
}

describe('an authority with plugged-in certificates', () => {
  it('issues leaves with the whole chain, none of which outlives the root', async () => {
    const { ca } = await startCa({ cacerts: good }, clock)
    const signed = await ca.sign(csr(), caller, 80 * 86_400)
    const text = parseCertificatePem(signed.chain.join(''))
    expect(text.ok && text.ders).toHaveLength(3)
    expect(signed.rootsPem).toBe(root.pem)
    expect(text.ok && verifySvidPath({ chain: text.ders, bundle: ca.bundle().trustBundle, nowMs: clock.now() })).toMatchObject({
      ok: true,
      id: { uri: workloadUri },
    })
    expect(signed.notAfterMs).toBe(clock.now() + 50 * dayMs)
    expect(ca.rotation).toBeUndefined()
    await ca.close()
  })

  it('signs with a root directly', async () => {
    const { ca } = await startCa({ cacerts: { caCertPem: root.pem, caKeyPem: root.keyPem, rootCertPem: root.pem } }, clock)
    expect((await ca.sign(csr(), caller)).chain).toHaveLength(1)
  })

  it('takes an Ed25519 key where that is opted in to, and nowhere else', async () => {
    const key = generateKeyPairSync('ed25519').privateKey
    const der = issueCertificate(
      {
        serial: Uint8Array.of(7),
        subject: { organization: 'edwards' },
        publicKey: publicKeyOf(key),
        notBeforeMs: clock.now() - dayMs,
        notAfterMs: clock.now() + dayMs,
        basicConstraints: { isCa: true },
        keyUsages: ['keyCertSign', 'cRLSign'],
      },
      { privateKey: key },
    )
    const pem = encodePem('CERTIFICATE', der)
    const cacerts = { caCertPem: pem, caKeyPem: encodePrivateKey(key), rootCertPem: pem }
    await expect(startCa({ cacerts }, clock)).rejects.toEqual(withCode('HEDDLE_CA_CACERTS_INVALID'))
    const { ca } = await startCa({ cacerts, keyAlgorithms: ['ec-p256', 'ed25519'] }, clock)
    expect((await ca.sign(csr(), caller)).chain).toHaveLength(1)
  })

  it.each(['', '\n'])('takes a blank chain (%j), as Istio keeps one for a root that signs by itself', async (certChainPem) => {
    const { ca } = await startCa({ cacerts: { caCertPem: root.pem, caKeyPem: root.keyPem, certChainPem, rootCertPem: root.pem } }, clock)
    expect((await ca.sign(csr(), caller)).chain).toHaveLength(1)
  })

  it.each<[string, Partial<Cacerts>]>([
    ['the key of another certificate', { caKeyPem: upper.keyPem }],
    ['a key that is none', { caKeyPem: 'hello' }],
    ['a weak key', { caKeyPem: encodePrivateKey(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey) }],
    ['a chain with a gap', { certChainPem: lower.pem }],
    ['another root', { rootCertPem: authority('root').pem }],
    ['an empty root', { rootCertPem: '' }],
    ['a certificate that is none', { caCertPem: encodePem('CERTIFICATE', Buffer.from('hello')) }],
  ])('refuses %s', async (_, part) => {
    await expect(startCa({ cacerts: { ...good, ...part } }, clock)).rejects.toEqual(withCode('HEDDLE_CA_CACERTS_INVALID'))
  })

  it('T31: refuses an expired root, and a store beside it', async () => {
    const late = createFakeClock(clock.now() + 60 * dayMs)
    await expect(startCa({ cacerts: good }, late)).rejects.toEqual(withCode('HEDDLE_CA_CACERTS_INVALID'))
    const both = createCa({ trustDomain: 'cluster.local', cacerts: good, store: createMemoryCaStore() }, { clock })
    await expect(both).rejects.toEqual(withCode('HEDDLE_CA_OPTIONS_INVALID'))
  })
})

describe('readCacerts', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'heddle-cacerts-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  it("reads Istio's file names, and those of a TLS secret", async () => {
    for (const [name, text] of Object.entries({ 'tls.crt': lower.pem + upper.pem, 'tls.key': lower.keyPem, 'ca.crt': root.pem }))
      await writeFile(join(folder, name), text)
    await (await startCa({ cacerts: await readCacerts(folder) }, clock)).ca.sign(csr(), caller)
    const istio = {
      'ca-cert.pem': good.caCertPem,
      'ca-key.pem': good.caKeyPem ?? '',
      'cert-chain.pem': good.certChainPem ?? '',
      'root-cert.pem': good.rootCertPem,
    }
    for (const [name, text] of Object.entries(istio)) await writeFile(join(folder, name), text)
    expect(await readCacerts(folder)).toEqual(good)
  })

  it('T31: refuses a set that is not complete', async () => {
    await expect(readCacerts(folder)).rejects.toEqual(withCode('HEDDLE_CA_CACERTS_INVALID'))
    await writeFile(join(folder, 'ca-cert.pem'), good.caCertPem)
    await writeFile(join(folder, 'ca-key.pem'), good.caKeyPem ?? '')
    await expect(readCacerts(folder)).rejects.toEqual(withCode('HEDDLE_CA_CACERTS_INVALID'))
    await expect(readCacerts(join(folder, 'nowhere'))).rejects.toEqual(withCode('HEDDLE_CA_CACERTS_INVALID'))
  })

  it.skipIf(!hasOpenssl)('takes an RSA intermediate that openssl made', async () => {
    const run = (line: string): string => openssl(line.split(' '), folder)
    await writeFile(
      join(folder, 'ext'),
      'basicConstraints=critical,CA:true,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n',
    )
    run('req -x509 -newkey rsa:2048 -nodes -keyout root-key.pem -out root-cert.pem -days 30 -subj /O=Example/CN=Root')
    run('req -newkey rsa:2048 -nodes -keyout ca-key.pem -out ca.csr -subj /O=Example/CN=Intermediate')
    run('x509 -req -in ca.csr -CA root-cert.pem -CAkey root-key.pem -CAcreateserial -out ca-cert.pem -days 20 -extfile ext')
    run('x509 -in ca-cert.pem -out cert-chain.pem')
    const ca = await createCa({ trustDomain: 'cluster.local', cacerts: await readCacerts(folder) })
    const signed = await ca.sign(csr(), caller)
    await writeFile(join(folder, 'leaf.pem'), signed.chain[0] as string)
    await writeFile(join(folder, 'middle.pem'), signed.chain[1] as string)
    expect(run('verify -CAfile root-cert.pem -untrusted middle.pem leaf.pem')).toContain('leaf.pem: OK')
  })
})
