import { createFakeClock } from '@heddle/base/testing'
import {
  createCrl,
  createKeySigner,
  encodePem,
  generateKey,
  parseCertificate,
  parseCertificatePem,
  parsePrivateKey,
  publicKeyOf,
  type Signer,
  verifySvidPath,
} from '@heddle/x509'
import { describe, expect, it } from 'vitest'
import { createCertificateAuthenticator, makeCacerts } from '../../src/index.js'
import { caller, csr, startCa, withCode } from '../support/fixtures.js'

const clock = createFakeClock()
const { rootKeyPem, caKeyPem, ...files } = makeCacerts({ trustDomain: 'cluster.local' }, { clock })

function keyOf(pem: string): Extract<ReturnType<typeof parsePrivateKey>, { ok: true }>['key'] {
  const parsed = parsePrivateKey(pem)
  if (!parsed.ok) throw new Error(parsed.reason)
  return parsed.key
}

/** As a key management service: asked over a network, and never for the key. */
function remote(change: Partial<Signer> = {}): Signer & { asked: number } {
  const key = keyOf(caKeyPem)
  const signer = {
    asked: 0,
    algorithm: 'ec-p256' as const,
    publicKey: publicKeyOf(key),
    async sign(message: Uint8Array): Promise<Uint8Array> {
      signer.asked++
      await new Promise((resolve) => setImmediate(resolve))
      return createKeySigner(key).sign(message)
    },
    ...change,
  }
  return signer
}

describe('a signer outside the process', () => {
  it('signs what verifies, and proves itself once at the start', async () => {
    const signer = remote()
    const { ca } = await startCa({ cacerts: { ...files, signer } }, clock)
    const before = signer.asked
    const signed = await ca.sign(csr(), caller)
    expect(signer.asked).toBe(before + 1)
    const chain = parseCertificatePem(signed.chain.join(''))
    expect(chain.ok && verifySvidPath({ chain: chain.ders, bundle: ca.bundle().trustBundle, nowMs: clock.now() })).toMatchObject({
      ok: true,
    })
  })

  it.each<[string, Partial<Signer>]>([
    ['holds another key', { publicKey: publicKeyOf(generateKey()) }],
    ['signs with another key', { sign: (message) => createKeySigner(generateKey()).sign(message) }],
    ['cannot be reached', { sign: () => Promise.reject(new Error('no route to the vault')) }],
  ])('is refused at the start when it %s', async (_, change) => {
    await expect(startCa({ cacerts: { ...files, signer: remote(change) } }, clock)).rejects.toEqual(withCode('HEDDLE_CA_CACERTS_INVALID'))
  })

  it('releases nothing when it fails later, and nothing that does not verify', async () => {
    let fault: 'none' | 'away' | 'wrong' = 'none'
    const good = remote()
    const sign = (message: Uint8Array): Uint8Array | Promise<Uint8Array> => {
      if (fault === 'away') return Promise.reject(new Error('no route to the vault'))
      return fault === 'wrong' ? createKeySigner(generateKey()).sign(message) : good.sign(message)
    }
    const { ca } = await startCa({ cacerts: { ...files, signer: { ...good, sign } } }, clock)
    fault = 'away'
    await expect(ca.sign(csr(), caller)).rejects.toEqual(withCode('HEDDLE_CA_SIGNER_FAILED'))
    fault = 'wrong'
    await expect(ca.sign(csr(), caller)).rejects.toEqual(withCode('HEDDLE_CA_LINT_FAILED'))
    fault = 'none'
    await ca.sign(csr(), caller)
    expect(ca.metrics()).toMatchObject({ csrSignErrors: 2, issued: 1 })
  })

  it('is given in place of the key, not beside it', async () => {
    await expect(startCa({ cacerts: { ...files, caKeyPem, signer: remote() } }, clock)).rejects.toEqual(
      withCode('HEDDLE_CA_CACERTS_INVALID'),
    )
    await expect(startCa({ cacerts: files }, clock)).rejects.toEqual(withCode('HEDDLE_CA_CACERTS_INVALID'))
  })
})

describe('a revocation list beside plugged-in certificates', () => {
  it('ends renewal below a revoked intermediate, and is handed on', async () => {
    const rootPem = parseCertificatePem(files.rootCertPem)
    const caPem = parseCertificatePem(files.caCertPem)
    const root = rootPem.ok && parseCertificate(rootPem.ders[0] as Uint8Array)
    const intermediate = caPem.ok && parseCertificate(caPem.ders[0] as Uint8Array)
    if (!root || !root.ok || !intermediate || !intermediate.ok) throw new Error('not read')
    const der = await createCrl(
      {
        number: 1n,
        thisUpdateMs: clock.now(),
        nextUpdateMs: clock.now() + 86_400_000,
        revoked: [{ serialHex: intermediate.certificate.serialHex, revokedAtMs: clock.now(), reason: 'cACompromise' }],
      },
      { signer: createKeySigner(keyOf(rootKeyPem)), certificate: root.certificate },
    )
    const crlPem = encodePem('X509 CRL', der)
    const { ca } = await startCa({ cacerts: { ...files, caKeyPem, crlPem } }, clock)
    const signed = await ca.sign(csr(), caller)
    const chain = parseCertificatePem(signed.chain.join(''))
    const authenticator = createCertificateAuthenticator({ bundle: () => ca.bundle().trustBundle }, { clock })
    expect(await authenticator.authenticate({ peerChain: chain.ok ? chain.ders : [] })).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('revoked') as string,
    })
    expect(await ca.crlsPem()).toContain(crlPem)
    expect(ca.bundle().crlPem).toBe(crlPem)
    const seen: string[] = []
    ca.onBundleChange((bundle) => seen.push(bundle.crlPem))
    // The same again tells nobody; none at all lets the authority's leaves in again; such as cannot be read change nothing.
    ca.replaceCrls(crlPem)
    ca.replaceCrls('')
    expect(await authenticator.authenticate({ peerChain: chain.ok ? chain.ders : [] })).toMatchObject({ kind: 'authenticated' })
    expect(() => ca.replaceCrls(files.rootCertPem)).toThrow(withCode('HEDDLE_CA_CACERTS_INVALID') as Error)
    ca.replaceCrls(crlPem)
    expect(await authenticator.authenticate({ peerChain: chain.ok ? chain.ders : [] })).toMatchObject({ kind: 'refused' })
    expect(seen).toEqual(['', crlPem])
    await expect(startCa({ cacerts: { ...files, caKeyPem, crlPem: files.rootCertPem } }, clock)).rejects.toEqual(
      withCode('HEDDLE_CA_CACERTS_INVALID'),
    )
  })
})
