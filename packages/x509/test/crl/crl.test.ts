import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as pkijs from 'pkijs'
import { afterAll, describe, expect, it } from 'vitest'
import {
  type Crl,
  type CrlFields,
  createCrl,
  createKeySigner,
  createTrustBundle,
  encodePem,
  importPublicKey,
  isCrlOf,
  parseCrl,
  verifySvidPath,
} from '../../src/index.js'
import { hourMs, issueIntermediate, issueLeaf, issueRoot, nowMs, type Party } from '../support/authority.js'
import { hasOpenssl, openssl } from '../support/openssl.js'

const folder = mkdtempSync(join(tmpdir(), 'heddle-crl-'))
afterAll(() => rmSync(folder, { recursive: true }))

const root = issueRoot()
const middle = issueIntermediate(root)
const leaf = issueLeaf(middle)

async function crlOf(issuer: Party, fields: Partial<CrlFields> = {}): Promise<Uint8Array> {
  return await createCrl(
    { number: 7n, thisUpdateMs: nowMs - 1000, nextUpdateMs: nowMs + hourMs, revoked: [], ...fields },
    { signer: createKeySigner(issuer.key), certificate: issuer.certificate },
  )
}

function read(der: Uint8Array): Crl {
  const result = parseCrl(der)
  if (!result.ok) throw new Error(result.reason)
  return result.crl
}

function revoking(party: Party): Pick<CrlFields, 'revoked'> {
  return { revoked: [{ serialHex: party.certificate.serialHex, revokedAtMs: nowMs - 2000, reason: 'keyCompromise' }] }
}

describe('a revocation list', () => {
  it('reads as it was written', async () => {
    const entries = [
      { serialHex: '80ff', revokedAtMs: nowMs - 5000, reason: 'superseded' as const },
      { serialHex: '7f', revokedAtMs: nowMs - 3000 },
    ]
    const crl = read(await crlOf(root, { revoked: entries, number: 2n ** 80n }))
    expect([...crl.revoked.values()]).toEqual(entries)
    expect(crl).toMatchObject({ number: 2n ** 80n, thisUpdateMs: nowMs - 1000, nextUpdateMs: nowMs + hourMs })
    expect(crl.authorityKeyId).toBe(root.certificate.extensions.subjectKeyId)
  })

  it('is of the issuer who signed it and of nobody else', async () => {
    const crl = read(await crlOf(root))
    const other = issueRoot()
    const keyOf = (party: Party): NonNullable<ReturnType<typeof importPublicKey>> => {
      const key = importPublicKey(party.certificate.publicKey)
      if (!key) throw new Error('no key')
      return key
    }
    expect(isCrlOf(crl, root.certificate, keyOf(root))).toBe(true)
    expect(isCrlOf(crl, other.certificate, keyOf(other))).toBe(false)
    expect(isCrlOf(crl, root.certificate, keyOf(other))).toBe(false)
  })

  it.each([
    ['an intermediate', root, middle],
    ['a leaf', middle, leaf],
  ])('refuses the path of %s that it names', async (_, issuer, revoked) => {
    const verify = (crls: readonly Crl[], at = nowMs): unknown =>
      verifySvidPath({
        chain: [leaf.der, middle.der],
        bundle: createTrustBundle({ roots: { 'cluster.local': root.pem }, crls }),
        nowMs: at,
      })
    const crl = read(await crlOf(issuer, { ...revoking(revoked), nextUpdateMs: nowMs + 1000 }))
    expect(verify([])).toMatchObject({ ok: true })
    expect(verify([crl])).toMatchObject({ ok: false, reason: 'revoked' })
    expect(verify([crl], nowMs + 60_000)).toMatchObject({ ok: true })
    const forged = read(await crlOf(issueRoot(), revoking(revoked)))
    expect(verify([forged])).toMatchObject({ ok: true })
  })

  it('reads the same in pkijs', async () => {
    const der = await crlOf(root, revoking(middle))
    const other = pkijs.CertificateRevocationList.fromBER(Uint8Array.from(der).buffer)
    expect(other.version).toBe(1)
    expect(other.thisUpdate.value.getTime()).toBe(nowMs - 1000)
    expect(other.nextUpdate?.value.getTime()).toBe(nowMs + hourMs)
    const serials = other.revokedCertificates?.map((entry) => Buffer.from(entry.userCertificate.valueBlock.valueHexView).toString('hex'))
    expect(serials).toEqual([middle.certificate.serialHex])
  })

  it.skipIf(!hasOpenssl)('makes openssl refuse what it names', async () => {
    const at = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text)
      return join(folder, name)
    }
    const files = {
      crl: at('crl.pem', encodePem('X509 CRL', await crlOf(root, revoking(middle)))),
      root: at('root.pem', root.pem),
      middle: at('middle.pem', middle.pem),
    }
    const text = openssl(['crl', '-in', files.crl, '-noout', '-text']).output
    expect(text).toContain('Key Compromise')
    const time = String(Math.floor(nowMs / 1000))
    const verified = openssl(['verify', '-crl_check', '-attime', time, '-CAfile', files.root, '-CRLfile', files.crl, files.middle])
    expect(verified.output).toContain('certificate revoked')
  })

  it.each([
    ['a negative number', { number: -1n }],
    ['no time between its dates', { nextUpdateMs: nowMs - 1000 }],
    ['a serial that is no number', { revoked: [{ serialHex: 'x', revokedAtMs: nowMs }] }],
  ])('is not written with %s', async (_, fields) => {
    await expect(crlOf(root, fields)).rejects.toMatchObject({ code: 'HEDDLE_X509_FIELDS_INVALID' })
  })

  it('is not written by a CA that may not', async () => {
    const issuer = issueRoot('other', { keyUsages: ['keyCertSign'] })
    await expect(crlOf(issuer)).rejects.toMatchObject({ code: 'HEDDLE_X509_FIELDS_INVALID' })
  })

  it('is refused when it is cut short, has a tail or repeats a serial', async () => {
    const der = await crlOf(root, revoking(middle))
    expect(parseCrl(der.subarray(0, -1)).ok).toBe(false)
    expect(parseCrl(Buffer.concat([der, Uint8Array.of(0)])).ok).toBe(false)
    const twice = await crlOf(root, { revoked: [...revoking(middle).revoked, ...revoking(middle).revoked] })
    expect(parseCrl(twice)).toMatchObject({ ok: false, reason: expect.stringContaining('twice') as string })
  })
})
