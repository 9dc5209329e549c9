/** What somebody with a stolen and revoked intermediate key can try: more to check than is checked, and a clock that is behind. */
import { describe, expect, it } from 'vitest'
import { type Crl, createCrl, createKeySigner, createTrustBundle, parseCrl, verifySvidPath } from '../../src/index.js'
import { type Party, hourMs, issue, issueLeaf, issueRoot, nowMs, workloadUri } from '../support/authority.js'

const root = issueRoot()
const authority = { subject: { organization: 'stolen' }, basicConstraints: { isCa: true }, keyUsages: ['keyCertSign', 'cRLSign'] } as const
const stolen = issue(authority, root)

async function listOf(revoked: Party, thisUpdateMs = nowMs - 1000): Promise<Crl> {
  const fields = {
    number: 1n,
    thisUpdateMs,
    nextUpdateMs: nowMs + hourMs,
    revoked: [{ serialHex: revoked.certificate.serialHex, revokedAtMs: nowMs - 1000 }],
  }
  const parsed = parseCrl(await createCrl(fields, { signer: createKeySigner(root.key), certificate: root.certificate }))
  if (!parsed.ok) throw new Error(parsed.reason)
  return parsed.crl
}

describe('a revoked intermediate', () => {
  it('stays revoked however much else is sent to be checked first', async () => {
    const crl = await listOf(stolen)
    // Whoever has the key can issue to itself at will; such certificates do not count for the path length.
    const own = Array.from({ length: 6 }, () => issue(authority, stolen, stolen.key))
    const leaf = issueLeaf(stolen)
    for (let count = 0; count <= own.length; count++) {
      for (let at = 0; at <= count; at++) {
        for (const copies of [1, 2, 3]) {
          const sent = [...own.slice(0, at), ...Array.from({ length: copies }, () => stolen), ...own.slice(at, count)].slice(0, 7)
          const bundle = createTrustBundle({ roots: { 'cluster.local': root.pem }, crls: [crl] })
          const result = verifySvidPath({ chain: [leaf, ...sent].map(({ der }) => der), bundle, nowMs })
          expect([count, at, copies, result.ok]).toEqual([count, at, copies, false])
        }
      }
    }
  })

  it('is refused as soon as the time of the list has come, also when it was taken before', async () => {
    const leaf = issueLeaf(stolen)
    const crls = [await listOf(stolen, nowMs + 30_000)]
    const bundle = createTrustBundle({ roots: { 'cluster.local': root.pem }, crls })
    const verify = (atMs: number): unknown => verifySvidPath({ chain: [leaf.der, stolen.der], bundle, nowMs: atMs })
    expect(verify(nowMs)).toMatchObject({ ok: true, id: { uri: workloadUri } })
    expect(verify(nowMs + 30_000)).toMatchObject({ ok: false, reason: 'revoked' })
  })
})
