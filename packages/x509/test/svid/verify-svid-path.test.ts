import { describe, expect, it } from 'vitest'
import { type SvidPathInput, createTrustBundle, generateKey, verifySvidPath } from '../../src/index.js'
import { type Party, hourMs, issue, issueIntermediate, issueLeaf, issueRoot, nowMs, workloadUri } from '../support/authority.js'

const root = issueRoot()
const bundle = createTrustBundle({ roots: { 'cluster.local': root.pem } })

function verify(chain: readonly Party[], input: Partial<SvidPathInput> = {}): string {
  const result = verifySvidPath({ chain: chain.map((party) => party.der), bundle, nowMs, ...input })
  return result.ok ? result.id.uri : result.reason
}

describe('verifySvidPath', () => {
  it('names the workload of a leaf issued by a root of its trust domain', () => {
    expect(verify([issueLeaf(root)])).toBe(workloadUri)
  })

  it('says when the first certificate of the path ends', () => {
    const intermediate = issueIntermediate(root, 'i', { notAfterMs: nowMs + hourMs / 2 })
    const result = verifySvidPath({ chain: [issueLeaf(intermediate).der, intermediate.der], bundle, nowMs })
    expect(result).toMatchObject({ ok: true, notAfterMs: nowMs + hourMs / 2 })
  })

  it('accepts intermediates in any order, and the root among them', () => {
    const upper = issueIntermediate(root, 'upper', { basicConstraints: { isCa: true, pathLength: 1 } })
    const lower = issueIntermediate(upper, 'lower')
    const leaf = issueLeaf(lower)
    expect(verify([leaf, lower, upper])).toBe(workloadUri)
    expect(verify([leaf, upper, root, lower])).toBe(workloadUri)
  })

  it.each([
    ['no chain', [], 'chain-empty'],
    ['nine certificates', Array.from({ length: 9 }, () => root), 'chain-too-long'],
    ['a missing intermediate', [issueLeaf(issueIntermediate(root))], 'issuer-unknown'],
    ['a self-signed leaf', [issue({ altNames: { uris: [workloadUri] } })], 'issuer-unknown'],
    ['a CA as leaf', [issueLeaf(root, { basicConstraints: { isCa: true } })], 'leaf-is-ca'],
    ['keyCertSign in a leaf', [issueLeaf(root, { keyUsages: ['digitalSignature', 'keyCertSign'] })], 'leaf-key-usage'],
    ['cRLSign in a leaf', [issueLeaf(root, { keyUsages: ['digitalSignature', 'cRLSign'] })], 'leaf-key-usage'],
    ['no digitalSignature', [issueLeaf(root, { keyUsages: ['keyAgreement'] })], 'leaf-key-usage'],
    ['no key usage', [issueLeaf(root, { keyUsages: [] })], 'leaf-key-usage'],
    ['no name', [issueLeaf(root, { altNames: {} })], 'leaf-san-missing'],
    ['a DNS name only', [issueLeaf(root, { altNames: { dnsNames: ['hello'] } })], 'leaf-uri-count'],
    ['two URI names', [issueLeaf(root, { altNames: { uris: [workloadUri, 'https://x'] } })], 'leaf-uri-count'],
    ['a trust domain id', [issueLeaf(root, { altNames: { uris: ['spiffe://cluster.local'] } })], 'leaf-id-without-path'],
    ['an expired leaf', [issueLeaf(root, { notAfterMs: nowMs - 1000 })], 'expired'],
    ['a leaf of tomorrow', [issueLeaf(root, { notBeforeMs: nowMs + 1000 })], 'not-yet-valid'],
    ['another trust domain', [issueLeaf(root, { altNames: { uris: ['spiffe://other/ns/a/sa/b'] } })], 'trust-domain-unknown'],
  ] as const)('refuses %s', (_, chain, reason) => {
    expect(verify(chain)).toBe(reason)
  })

  it.each([
    'http://cluster.local/ns/a/sa/b',
    'SPIFFE://cluster.local/ns/a/sa/b',
    'spiffe://Cluster.local/ns/a/sa/b',
    'spiffe://cluster.local/ns/a/sa/b/',
    'spiffe://cluster.local/ns//sa/b',
    'spiffe://cluster.local/ns/../sa/b',
    'spiffe://cluster.local/ns/a%61/sa/b',
    'spiffe://cluster.local/ns/a/sa/b?q',
    'spiffe://cluster.local/ns/a/sa/b#f',
    'spiffe://cluster.local:443/ns/a/sa/b',
    'spiffe://user@cluster.local/ns/a/sa/b',
    'x, URI:spiffe://cluster.local/ns/a/sa/admin',
    `spiffe://cluster.local/${'a'.repeat(2048)}`,
  ])('refuses the id %.60s', (uri) => {
    expect(verify([issueLeaf(root, { altNames: { uris: [uri] } })])).toBe('leaf-id-invalid')
  })

  it('refuses a NUL in a URI or DNS name', () => {
    expect(verify([issueLeaf(root, { altNames: { uris: [`${workloadUri}\0.evil`] } })])).toBe('certificate-malformed')
    expect(verify([issueLeaf(root, { altNames: { uris: [workloadUri], dnsNames: ['a\0b'] } })])).toBe('certificate-malformed')
  })

  it('takes the id from the URI when there are DNS names too', () => {
    expect(verify([issueLeaf(root, { altNames: { uris: [workloadUri], dnsNames: ['spiffe://cluster.local/ns/x/sa/y'] } })])).toBe(
      workloadUri,
    )
  })

  it('holds each trust domain to its own roots', () => {
    const other = issueRoot('other')
    const federated = createTrustBundle({ roots: { 'cluster.local': root.pem, other: other.pem } })
    const foreign = issueLeaf(other, { altNames: { uris: ['spiffe://other/ns/a/sa/b'] } })
    expect(verify([foreign], { bundle: federated })).toBe('spiffe://other/ns/a/sa/b')
    expect(verify([issueLeaf(other)], { bundle: federated })).toBe('issuer-unknown')
    expect(verify([issueLeaf(root, { altNames: { uris: ['spiffe://other/ns/a/sa/b'] } })], { bundle: federated })).toBe('issuer-unknown')
  })

  it('trusts nothing of a trust domain whose roots are empty', () => {
    expect(verify([issueLeaf(root)], { bundle: createTrustBundle({ roots: { 'cluster.local': '' } }) })).toBe('issuer-unknown')
  })

  it('refuses a forged signature under the right names and key identifiers', () => {
    const forger: Party = { ...root, key: generateKey() }
    expect(verify([issueLeaf(forger)])).toBe('signature-invalid')
  })

  it('refuses a leaf that acts as an issuer', () => {
    const middle = issueLeaf(root, { subject: { organization: 'middle' } })
    expect(verify([issueLeaf(middle), middle])).toBe('issuer-not-ca')
  })

  it('refuses an intermediate that may not sign certificates', () => {
    const middle = issueIntermediate(root, 'middle', { keyUsages: ['digitalSignature'] })
    expect(verify([issueLeaf(middle), middle])).toBe('issuer-key-usage')
  })

  it('asks for a key usage in intermediates, but not in roots', () => {
    const middle = issueIntermediate(root, 'middle', { keyUsages: [] })
    expect(verify([issueLeaf(middle), middle])).toBe('issuer-key-usage')
    const plain = issueRoot('plain', { keyUsages: [] })
    expect(verify([issueLeaf(plain)], { bundle: createTrustBundle({ roots: { 'cluster.local': plain.pem } }) })).toBe(workloadUri)
  })

  it('refuses an intermediate below a path length of zero', () => {
    const upper = issueIntermediate(root, 'upper')
    const lower = issueIntermediate(upper, 'lower')
    expect(verify([issueLeaf(lower), lower, upper])).toBe('path-length-exceeded')
  })

  it('refuses an expired intermediate and an expired root', () => {
    const middle = issueIntermediate(root, 'middle', { notAfterMs: nowMs - 1000 })
    expect(verify([issueLeaf(middle), middle])).toBe('expired')
    const old = issueRoot('old', { notAfterMs: nowMs - 1000 })
    expect(verify([issueLeaf(old)], { bundle: createTrustBundle({ roots: { 'cluster.local': old.pem } }) })).toBe('expired')
  })

  it('accepts a leaf within the last second of its life', () => {
    const leaf = issueLeaf(root, { notAfterMs: nowMs })
    expect(verify([leaf], { nowMs: nowMs + 999 })).toBe(workloadUri)
    expect(verify([leaf], { nowMs: nowMs + 1000 })).toBe('expired')
  })

  it('asks for the extended key usage of the role, and for both when no role is given', () => {
    const server = issueLeaf(root, { purposes: ['serverAuth'] })
    expect(verify([server], { role: 'server' })).toBe(workloadUri)
    expect(verify([server], { role: 'client' })).toBe('leaf-extended-key-usage')
    expect(verify([server])).toBe('leaf-extended-key-usage')
    expect(verify([issueLeaf(root, { purposes: [] })])).toBe(workloadUri)
  })

  it('refuses an id that is not expected, and every id when none is', () => {
    const leaf = issueLeaf(root)
    expect(verify([leaf], { expected: [workloadUri] })).toBe(workloadUri)
    expect(verify([leaf], { expected: [`${workloadUri}2`] })).toBe('id-unexpected')
    expect(verify([leaf], { expected: [] })).toBe('id-unexpected')
  })

  it('checks dates, role and expected ids again for a chain that it remembers', () => {
    const leaf = issueLeaf(root, { purposes: ['clientAuth'] })
    expect(verify([leaf], { role: 'client' })).toBe(workloadUri)
    expect(verify([leaf], { role: 'server' })).toBe('leaf-extended-key-usage')
    expect(verify([leaf], { role: 'client', nowMs: nowMs + hourMs + 1000 })).toBe('expired')
    expect(verify([leaf], { role: 'client', nowMs: nowMs - hourMs - 1 })).toBe('not-yet-valid')
    expect(verify([leaf], { role: 'client', expected: ['spiffe://cluster.local/x'] })).toBe('id-unexpected')
  })

  it('remembers at most 1024 paths', () => {
    const small = createTrustBundle({ roots: { 'cluster.local': root.pem } })
    for (let index = 0; index < 1030; index++)
      small.verifiedPaths.add(String(index), { leaf: root.certificate, notBeforeMs: 0, notAfterMs: 0 })
    expect(small.verifiedPaths.get('5')).toBeUndefined()
    expect(small.verifiedPaths.get('1029')).toBeDefined()
  })

  it('does bounded work on many issuers of one name and key', () => {
    const key = generateKey()
    const twins = Array.from({ length: 7 }, () =>
      issue(
        {
          subject: { organization: 'twin' },
          basicConstraints: { isCa: true },
          keyUsages: ['keyCertSign'],
          notAfterMs: nowMs + hourMs,
        },
        undefined,
        key,
      ),
    )
    const leaf = issueLeaf(twins[0] as Party)
    expect(['path-too-long', 'issuer-unknown']).toContain(verify([leaf, ...twins]))
  })
})

describe('createTrustBundle', () => {
  it('refuses a leaf, a bad text and a foreign block as root', () => {
    for (const pem of [issueLeaf(root).pem, 'hello', root.keyPem]) {
      expect(() => createTrustBundle({ roots: { 'cluster.local': pem } })).toThrow(
        expect.objectContaining({ code: 'HEDDLE_X509_BUNDLE_INVALID' }),
      )
    }
  })

  it('keeps several roots of one trust domain', () => {
    const next = issueRoot()
    const both = createTrustBundle({ roots: { 'cluster.local': root.pem + next.pem } })
    expect(both.anchorsOf('cluster.local')).toHaveLength(2)
    expect(verify([issueLeaf(next)], { bundle: both })).toBe(workloadUri)
  })
})
