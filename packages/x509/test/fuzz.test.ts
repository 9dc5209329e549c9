import { X509Certificate } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  createCsr,
  createTrustBundle,
  encodePem,
  generateKey,
  parseCertificate,
  parseCsr,
  parsePem,
  parsePrivateKey,
  verifySvidPath,
} from '../src/index.js'
import { issueIntermediate, issueLeaf, issueRoot, nowMs } from './support/authority.js'
import { seed } from './support/seed.js'

const root = issueRoot()
const middle = issueIntermediate(root)
const leaf = issueLeaf(middle, {
  altNames: { uris: ['spiffe://cluster.local/ns/a/sa/b'], dnsNames: ['b'], ipAddresses: [Uint8Array.of(1, 2, 3, 4)] },
})
const bundle = createTrustBundle({ roots: { 'cluster.local': root.pem } })
const csrBlock = parsePem(createCsr({ privateKey: generateKey(), altNames: { uris: ['spiffe://a/b'] } }))
const csrDer = csrBlock.ok ? (csrBlock.blocks[0]?.der as Uint8Array) : new Uint8Array(0)

/** A good value with a few bytes changed, removed or inserted. */
function mutated(der: Uint8Array): fc.Arbitrary<Uint8Array> {
  const edit = fc.tuple(fc.nat(der.length - 1), fc.integer({ min: 0, max: 255 }), fc.constantFrom('set', 'remove', 'insert'))
  return fc.array(edit, { minLength: 1, maxLength: 4 }).map((edits) => {
    const bytes = [...der]
    for (const [at, value, kind] of edits) bytes.splice(at, kind === 'insert' ? 0 : 1, ...(kind === 'remove' ? [] : [value]))
    return Uint8Array.from(bytes)
  })
}

describe('hostile bytes', () => {
  it('never make a reader throw', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 400 }), mutated(leaf.der), mutated(csrDer)), (der) => {
        parseCertificate(der)
        parseCsr(encodePem('CERTIFICATE REQUEST', der))
        verifySvidPath({ chain: [der, middle.der], bundle, nowMs })
      }),
      { seed, numRuns: 3000 },
    )
  })

  it('never make the text readers throw', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string({ unit: 'binary' }),
          fc.string().map((text) => `-----BEGIN CERTIFICATE-----\n${text}`),
        ),
        (text) => {
          parsePem(text)
          parseCsr(text)
          parsePrivateKey(text)
        },
      ),
      { seed, numRuns: 500 },
    )
  })

  it('never verify: a changed leaf, intermediate or request is refused', () => {
    fc.assert(
      fc.property(mutated(leaf.der), mutated(middle.der), mutated(csrDer), (badLeaf, badMiddle, badCsr) => {
        const isSame = (left: Uint8Array, right: Uint8Array): boolean => Buffer.compare(left, right) === 0
        if (!isSame(badLeaf, leaf.der)) expect(verifySvidPath({ chain: [badLeaf, middle.der], bundle, nowMs }).ok).toBe(false)
        if (!isSame(badMiddle, middle.der)) expect(verifySvidPath({ chain: [leaf.der, badMiddle], bundle, nowMs }).ok).toBe(false)
        if (!isSame(badCsr, csrDer)) expect(parseCsr(encodePem('CERTIFICATE REQUEST', badCsr)).ok).toBe(false)
      }),
      { seed, numRuns: 1500 },
    )
  })

  it('are never accepted where OpenSSL refuses them', () => {
    fc.assert(
      fc.property(mutated(leaf.der), (der) => {
        if (!parseCertificate(der).ok) return
        // OpenSSL reads names and times lazily, so it may accept more than we do, and must not accept less.
        expect(() => new X509Certificate(der)).not.toThrow()
      }),
      { seed, numRuns: 1500 },
    )
  })

  it('cost little: deep nesting and 16 KiB of small values are refused in a few milliseconds', () => {
    const deep = Buffer.concat(Array.from({ length: 4000 }, () => Buffer.of(0x30, 0x80)))
    const wide = Buffer.concat([Buffer.of(0x30, 0x82, 0x40, 0x00), Buffer.alloc(16 * 1024, 0x05)])
    const started = performance.now()
    for (let round = 0; round < 20; round++) {
      expect(parseCertificate(deep).ok).toBe(false)
      expect(parseCertificate(wide).ok).toBe(false)
      expect(parseCertificate(new Uint8Array(64 * 1024 + 1)).ok).toBe(false)
    }
    expect(performance.now() - started).toBeLessThan(1000)
  })
})
