import { describe, expect, it } from 'vitest'
import { createCrl, createKeySigner, encodePem, parseCrlPem } from '../../src/index.js'
import { hourMs, issueRoot, nowMs } from '../support/authority.js'

const root = issueRoot()

async function listPem(number: bigint): Promise<string> {
  const fields = { number, thisUpdateMs: nowMs, nextUpdateMs: nowMs + hourMs, revoked: [] }
  return encodePem('X509 CRL', await createCrl(fields, { signer: createKeySigner(root.key), certificate: root.certificate }))
}

describe('a text of revocation lists', () => {
  it('has none when it is blank', () => {
    for (const blank of ['', '\n  \n']) expect(parseCrlPem(blank)).toEqual({ ok: true, crls: [] })
  })

  it('has each of its lists in order, with words between them', async () => {
    const parsed = parseCrlPem(`Certificate Revocation List\n${await listPem(1n)}\nanother\n${await listPem(2n)}`)
    expect(parsed.ok && parsed.crls.map(({ number }) => number)).toEqual([1n, 2n])
  })

  it.each([
    ['is words alone', () => Promise.resolve('none today'), 'no PEM block'],
    ['holds a certificate', () => Promise.resolve(root.pem), 'found "CERTIFICATE"'],
    ['has one list that cannot be read', async () => (await listPem(1n)) + encodePem('X509 CRL', Uint8Array.of(0x30, 0)), 'is'],
    ['is too long', () => Promise.resolve(' '.repeat(2 * 1024 * 1024 + 1)), 'longer than'],
  ])('is refused as a whole when it %s', async (_, make, reason) => {
    expect(parseCrlPem(await make())).toMatchObject({ ok: false, reason: expect.stringContaining(reason) as string })
  })
})
