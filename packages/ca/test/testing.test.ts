import { createFakeClock } from '@heddle/base/testing'
import { verifySvidPath } from '@heddle/x509'
import { expect, it } from 'vitest'
import { createTestCa } from '../src/testing.js'

const clock = createFakeClock()

it('issues identities that verify under its bundle', () => {
  const ca = createTestCa({ clock })
  for (const intermediates of [0, 1, 2]) {
    const { chain } = ca.issue('spiffe://cluster.local/ns/a/sa/b', { intermediates, dnsNames: ['b.a'] })
    expect(chain).toHaveLength(1 + intermediates)
    expect(verifySvidPath({ chain, bundle: ca.bundle, nowMs: clock.now() })).toMatchObject({ ok: true })
  }
})

it('issues expired and otherwise wrong identities on demand', () => {
  const ca = createTestCa({ clock })
  const refused = (options: Parameters<typeof ca.issue>[1]): unknown => {
    const result = verifySvidPath({
      chain: ca.issue('spiffe://cluster.local/ns/a/sa/b', options).chain,
      bundle: ca.bundle,
      nowMs: clock.now(),
    })
    return !result.ok && result.reason
  }
  expect(refused({ ttlSeconds: -60 })).toBe('expired')
  expect(refused({ fields: { keyUsages: ['keyAgreement'] } })).toBe('leaf-key-usage')
})

it('gives no trust to another authority of the same trust domain', () => {
  const [ca, other] = [createTestCa({ clock }), createTestCa({ clock })]
  const { chain } = other.issue('spiffe://cluster.local/ns/a/sa/b')
  expect(verifySvidPath({ chain, bundle: ca.bundle, nowMs: clock.now() })).toMatchObject({ ok: false })
})
