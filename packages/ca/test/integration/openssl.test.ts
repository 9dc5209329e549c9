import 'reflect-metadata'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@heddle/base/node'
import { parseCertificatePem, verifySvidPath } from '@heddle/x509'
import { X509Certificate } from '@peculiar/x509'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createCa, createMemoryCaStore } from '../../src/index.js'
import { caller, csr, startCa, workloadUri } from '../support/fixtures.js'
import { hasOpenssl, openssl } from '../support/openssl.js'

describe('what the authority issues', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'heddle-ca-openssl-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  it.skipIf(!hasOpenssl)('passes the strict verification of openssl, before, during and after a rotation', async () => {
    const ca = await createCa({ trustDomain: 'cluster.local', store: createMemoryCaStore() }, { clock: systemClock })
    const check = async (): Promise<string> => {
      const signed = await ca.sign(csr(), caller)
      await writeFile(join(folder, 'leaf.pem'), signed.chain.join(''))
      await writeFile(join(folder, 'roots.pem'), signed.rootsPem)
      return openssl(['verify', '-x509_strict', '-CAfile', 'roots.pem', '-purpose', 'sslclient', 'leaf.pem'], folder)
    }
    expect(await check()).toBe('leaf.pem: OK\n')
    await ca.rotation?.prepare()
    expect(await check()).toBe('leaf.pem: OK\n')
    await ca.rotation?.activate()
    expect(await check()).toBe('leaf.pem: OK\n')
  })

  it.skipIf(!hasOpenssl)('answers a request that openssl made', async () => {
    openssl(
      [
        'req',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-384',
        '-nodes',
        '-keyout',
        'key',
        '-out',
        'csr',
        '-subj',
        '/CN=x',
        '-addext',
        'subjectAltName=DNS:evil.test',
      ],
      folder,
    )
    const { ca } = await startCa()
    const signed = await ca.sign(await readFile(join(folder, 'csr'), 'utf8'), caller)
    await writeFile(join(folder, 'leaf.pem'), signed.chain[0] as string)
    const text = openssl(['x509', '-in', 'leaf.pem', '-noout', '-text'], folder)
    expect(text).toContain(`X509v3 Subject Alternative Name: critical\n                URI:${workloadUri}`)
    expect(text).not.toContain('evil')
    expect(text).toMatch(/Subject: *\n/)
  })

  it.skipIf(!hasOpenssl)('comes from an intermediate as Istio’s instructions make it, without an authority key identifier', async () => {
    await writeFile(
      join(folder, 'ca.ext'),
      'subjectKeyIdentifier=hash\nbasicConstraints=critical,CA:true,pathlen:0\nkeyUsage=critical,digitalSignature,nonRepudiation,keyEncipherment,keyCertSign\n',
    )
    const subject = ['-subj', '/O=Istio/CN=Root CA']
    const own = ['-addext', 'keyUsage=critical,digitalSignature,nonRepudiation,keyEncipherment,keyCertSign']
    openssl(['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'root.key', '-out', 'root-cert.pem', ...subject, ...own], folder)
    openssl(['req', '-new', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'ca-key.pem', '-out', 'ca.csr', '-subj', '/O=Istio/L=one'], folder)
    const issuer = ['-CA', 'root-cert.pem', '-CAkey', 'root.key', '-CAcreateserial']
    openssl(['x509', '-req', '-days', '2', ...issuer, '-extfile', 'ca.ext', '-in', 'ca.csr', '-out', 'ca-cert.pem'], folder)
    const [caCertPem, caKeyPem, rootCertPem] = await Promise.all(
      ['ca-cert.pem', 'ca-key.pem', 'root-cert.pem'].map((name) => readFile(join(folder, name), 'utf8')),
    )
    const cacerts = { caCertPem: caCertPem ?? '', caKeyPem: caKeyPem ?? '', rootCertPem: rootCertPem ?? '' }
    const ca = await createCa({ trustDomain: 'cluster.local', cacerts }, { clock: systemClock })
    const signed = await ca.sign(csr(), caller)
    const blocks = parseCertificatePem(signed.chain.join(''))
    const chain = blocks.ok ? blocks.ders : []
    expect(chain).toHaveLength(2)
    expect(verifySvidPath({ chain, bundle: ca.bundle().trustBundle, nowMs: systemClock.now() })).toMatchObject({ ok: true })
  })

  it('reads the same in another library', async () => {
    const { ca } = await startCa()
    const signed = await ca.sign(csr(), caller)
    const leaf = new X509Certificate(signed.chain[0] as string)
    const root = new X509Certificate(signed.rootsPem)
    expect(leaf.subject).toBe('')
    expect(leaf.issuer).toBe('O=cluster.local')
    expect(leaf.serialNumber).toBe(signed.serialHex)
    expect(leaf.notAfter.getTime()).toBe(signed.notAfterMs)
    expect(await leaf.verify({ publicKey: root, signatureOnly: true })).toBe(true)
    expect(await root.verify({ signatureOnly: true })).toBe(true)
  })
})
