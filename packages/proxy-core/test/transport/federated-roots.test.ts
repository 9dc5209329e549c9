import { createTestCa } from '@heddle/ca/testing'
import { verifySvidPath } from '@heddle/x509'
import { describe, expect, it } from 'vitest'
import { createTrustBundles } from '../../src/transport/trust-bundles.js'

const [own, other] = [createTestCa({ trustDomain: 'own' }), createTestCa({ trustDomain: 'other' })]
const bundles = createTrustBundles({
  get: (name) => ({ kind: 'validation', name, rootsPem: own.rootPem, trustDomain: 'own', federatedRootsPem: { other: other.rootPem } }),
  subscribe: () => () => undefined,
})

describe('roots of federated trust domains', () => {
  it.each([
    ['an own id under an own root', own, 'spiffe://own/a', true],
    ['a federated id under its root', other, 'spiffe://other/a', true],
    ['T22: an own id under a federated root', other, 'spiffe://own/a', false],
    ['T22: a federated id under an own root', own, 'spiffe://other/a', false],
    ['an id of a third domain under either', own, 'spiffe://third/a', false],
  ])('judge %s', (_, authority, id, isGood) => {
    const bundle = bundles.get('ROOTCA')
    expect(bundle && verifySvidPath({ chain: authority.issue(id).chain, bundle, nowMs: Date.now() }).ok).toBe(isGood)
  })
})
