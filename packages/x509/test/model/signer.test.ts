import { describe, expect, it } from 'vitest'
import {
  type KeyAlgorithm,
  type Signer,
  createCsr,
  createKeySigner,
  createTrustBundle,
  encodePem,
  generateKey,
  isSignerGenuine,
  lintCertificate,
  parseCertificate,
  parseCsr,
  publicKeyOf,
  signCertificate,
  verifySvidPath,
} from '../../src/index.js'
import { hourMs, issue, issueRoot, nowMs } from '../support/authority.js'

const algorithms: readonly KeyAlgorithm[] = ['ec-p256', 'ec-p384', 'rsa', 'ed25519']

describe.each(algorithms)('a signer of %s', (algorithm) => {
  const key = generateKey(algorithm)
  const remote: Signer = {
    algorithm,
    publicKey: publicKeyOf(key),
    sign: async (message) => await createKeySigner(key).sign(message),
  }

  it('is asked, and never for its key', async () => {
    expect(createKeySigner(key).algorithm).toBe(algorithm)
    expect(await isSignerGenuine(remote)).toBe(true)
    expect(await isSignerGenuine({ ...remote, publicKey: publicKeyOf(generateKey(algorithm)) })).toBe(false)
  })

  it('signs a root whose leaves verify where its kind of key is allowed', async () => {
    const der = await signCertificate(
      {
        serial: Buffer.alloc(16, 0x41),
        subject: { organization: 'cluster.local' },
        publicKey: remote.publicKey,
        notBeforeMs: nowMs - hourMs,
        notAfterMs: nowMs + hourMs,
        basicConstraints: { isCa: true },
        keyUsages: ['keyCertSign', 'cRLSign'],
      },
      { signer: remote },
    )
    const parsed = parseCertificate(der)
    if (!parsed.ok) throw new Error(parsed.reason)
    const root = parsed.certificate
    expect(lintCertificate(root, { profile: 'root' })).toEqual([])
    const leaf = await signCertificate(
      {
        serial: Buffer.alloc(16, 0x42),
        publicKey: publicKeyOf(generateKey(algorithm)),
        notBeforeMs: nowMs - hourMs,
        notAfterMs: nowMs + hourMs,
        altNames: { uris: ['spiffe://cluster.local/ns/a/sa/b'] },
        keyUsages: ['digitalSignature'],
      },
      { signer: remote, certificate: root },
    )
    const bundle = createTrustBundle({ roots: { 'cluster.local': encodePem('CERTIFICATE', der) }, keyAlgorithms: algorithms })
    expect(verifySvidPath({ chain: [leaf], bundle, nowMs })).toMatchObject({ ok: true })
  })
})

describe('Ed25519', () => {
  const key = generateKey('ed25519')
  it('is refused in requests, chains and bundles until somebody allows it', () => {
    const csr = createCsr({ privateKey: key })
    expect(parseCsr(csr)).toMatchObject({ ok: false, reason: expect.stringContaining('not allowed') as string })
    expect(parseCsr(csr, { keyAlgorithms: ['ed25519'] })).toMatchObject({ ok: true, csr: { keyAlgorithm: 'ed25519' } })
    const root = issueRoot()
    const leaf = issue({ altNames: { uris: ['spiffe://cluster.local/a'] } }, root, key)
    const verify = (keyAlgorithms?: readonly KeyAlgorithm[]): unknown =>
      verifySvidPath({
        chain: [leaf.der],
        bundle: createTrustBundle({ roots: { 'cluster.local': root.pem }, ...(keyAlgorithms && { keyAlgorithms }) }),
        nowMs,
      })
    expect(verify()).toMatchObject({ ok: false, reason: 'key-refused' })
    expect(verify(algorithms)).toMatchObject({ ok: true })
    const edRoot = issue({ subject: { organization: 'x' }, basicConstraints: { isCa: true }, keyUsages: ['keyCertSign'] }, undefined, key)
    expect(() => createTrustBundle({ roots: { x: edRoot.pem } })).toThrow('not allowed')
  })
})
