import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { type CertificateFields, type CertificateProfile, generateKey, lintCertificate } from '../../src/index.js'
import { issue, issueIntermediate, issueLeaf, issueRoot, nowMs, hourMs, type Party } from '../support/authority.js'

const serial = Buffer.alloc(16, 0x41)
const ownName = { uris: ['spiffe://cluster.local'] }
const root = issueRoot('cluster.local', { serial, altNames: ownName })
const middle = issueIntermediate(root, 'middle', { serial })

function rulesOf(party: Party, profile: CertificateProfile, issuer?: Party): readonly string[] {
  return lintCertificate(party.certificate, { profile, ...(issuer && { issuer: issuer.certificate }) }).map(({ rule }) => rule)
}

function leaf(fields: Partial<CertificateFields> = {}): Party {
  return issueLeaf(middle, { serial, ...fields })
}

describe('lint', () => {
  it('finds nothing wrong with certificates as they should be', () => {
    expect(rulesOf(root, 'root')).toEqual([])
    expect(rulesOf(middle, 'intermediate', root)).toEqual([])
    expect(rulesOf(leaf(), 'workload', middle)).toEqual([])
    const server = leaf({
      altNames: { dnsNames: ['istiod.istio-system.svc', '*.example.com'], ipAddresses: [Uint8Array.of(127, 0, 0, 1)] },
    })
    expect(rulesOf(server, 'server', middle)).toEqual([])
  })

  it.each<[string, Partial<CertificateFields>]>([
    ['serial-entropy', { serial: Uint8Array.of(1, 2, 3) }],
    ['validity-order', { notBeforeMs: nowMs, notAfterMs: nowMs }],
    ['issuer-validity', { notAfterMs: nowMs + 2 * hourMs }],
    ['issuer-validity', { notBeforeMs: nowMs - 2 * hourMs }],
    ['key-usage', { keyUsages: [] }],
    ['leaf-digital-signature', { keyUsages: ['keyAgreement'] }],
    ['leaf-signs-nothing', { keyUsages: ['digitalSignature', 'keyCertSign'] }],
    ['leaf-signs-nothing', { keyUsages: ['digitalSignature', 'cRLSign'] }],
    ['leaf-key-encipherment', { keyUsages: ['digitalSignature', 'keyEncipherment'] }],
    ['leaf-purposes', { purposes: ['serverAuth'] }],
    ['leaf-purposes', { purposes: [] }],
    ['leaf-constraints', { basicConstraints: { isCa: true } }],
    ['leaf-names', { altNames: {} }],
    ['leaf-id', { altNames: { uris: ['spiffe://cluster.local'] } }],
    ['leaf-id', { altNames: { uris: ['spiffe://cluster.local/a', 'spiffe://cluster.local/b'] } }],
    ['leaf-id', { altNames: { uris: ['spiffe://cluster.local/a/../b'] } }],
    ['leaf-id', { altNames: { uris: ['https://cluster.local/a'] } }],
    ['dns-names', { altNames: { uris: ['spiffe://cluster.local/a'], dnsNames: ['a b'] } }],
    ['dns-names', { altNames: { uris: ['spiffe://cluster.local/a'], dnsNames: ['a,URI:spiffe://cluster.local/b'] } }],
  ])('finds %s in a leaf with %o', (rule, fields) => {
    expect(rulesOf(leaf(fields), 'workload', middle)).toContain(rule)
  })

  it.each<[string, Partial<CertificateFields>]>([
    ['authority-constraints', { basicConstraints: { isCa: false } }],
    ['authority-key-usage', { keyUsages: ['cRLSign'] }],
    ['authority-purposes', { purposes: ['serverAuth'] }],
    ['authority-id', { altNames: { uris: ['spiffe://cluster.local/ns/a/sa/b'] } }],
    ['authority-id', { altNames: { uris: ['spiffe://cluster.local', 'spiffe://b'] } }],
    ['authority-subject', { subject: {} }],
  ])('finds %s in a root with %o', (rule, fields) => {
    expect(rulesOf(issueRoot('x', { serial, altNames: ownName, ...fields }), 'root')).toContain(rule)
  })

  it('finds a root that another signed, an intermediate without a path length, and a certificate of its signer’s key', () => {
    expect(rulesOf(middle, 'root', root)).toContain('root-signs-itself')
    expect(rulesOf(issueIntermediate(root, 'm', { serial, basicConstraints: { isCa: true } }), 'intermediate', root)).toEqual([
      'path-length',
    ])
    expect(rulesOf(issue({ serial, altNames: { uris: ['spiffe://a/b'] } }, middle, middle.key), 'workload', middle)).toContain('own-key')
  })

  it('finds a signature, a name and a key identifier of somebody else', () => {
    expect(rulesOf(leaf(), 'workload', root)).toEqual(['issuer-name', 'issuer-key-id', 'signature'])
  })

  it('finds keys that peers refuse and lives that are too long', () => {
    const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey
    expect(rulesOf(issue({ serial, altNames: { uris: ['spiffe://a/b'] } }, middle, weak), 'workload', middle)).toContain('key-accepted')
    const { certificate } = leaf()
    const rules = (maxLifetimeMs: number): number =>
      lintCertificate(certificate, { profile: 'workload', issuer: middle.certificate, maxLifetimeMs }).length
    expect([rules(2 * hourMs), rules(2 * hourMs - 1)]).toEqual([0, 1])
  })

  it('allows keyEncipherment to RSA', () => {
    const rsa = generateKey('rsa')
    const fields = {
      serial,
      altNames: { uris: ['spiffe://a/b'] },
      keyUsages: ['digitalSignature', 'keyEncipherment'] as const,
      purposes: ['serverAuth', 'clientAuth'] as const,
    }
    expect(rulesOf(issue(fields, middle, rsa), 'workload', middle)).toEqual([])
  })
})
