import { createFakeClock } from '@heddle/base/testing'
import { createCsr, generateKey, parseCertificatePem } from '@heddle/x509'
import { describe, expect, it } from 'vitest'
import { createCertificateAuthenticator } from '../../src/index.js'
import { createTestCa } from '../../src/testing.js'
import { caller, startCa, workloadUri } from '../support/fixtures.js'

const clock = createFakeClock()
const ca = createTestCa({ clock })
const authenticator = createCertificateAuthenticator({ bundle: () => ca.bundle }, { clock })

describe('the certificate authenticator', () => {
  it('takes the caller from a chain that verifies', async () => {
    const { chain } = ca.issue(workloadUri, { intermediates: 1, ttlSeconds: 900 })
    expect(await authenticator.authenticate({ peerChain: chain })).toEqual({
      kind: 'authenticated',
      caller: {
        trustDomain: 'cluster.local',
        namespace: 'default',
        serviceAccount: 'hello',
        method: 'client-certificate',
        maxTtlSeconds: 900,
      },
    })
  })

  it('has no opinion without a certificate', async () => {
    expect(await authenticator.authenticate({ token: 'x' })).toEqual({ kind: 'absent' })
    expect(await authenticator.authenticate({ peerChain: [] })).toEqual({ kind: 'absent' })
  })

  it.each([
    ['an expired one', () => ca.issue(workloadUri, { ttlSeconds: -5 }).chain],
    ['one of another authority', () => createTestCa({ clock }).issue(workloadUri).chain],
    ['one for servers only', () => ca.issue(workloadUri, { fields: { purposes: ['serverAuth'] } }).chain],
    ['one without namespace and account', () => ca.issue('spiffe://cluster.local/other').chain],
    ['rubbish', () => [new Uint8Array(10)]],
  ] as const)('refuses %s', async (_, chain) => {
    expect(await authenticator.authenticate({ peerChain: chain() })).toMatchObject({ kind: 'refused' })
  })

  it('stops vouching as soon as the root is gone', async () => {
    let bundle = ca.bundle
    const current = createCertificateAuthenticator({ bundle: () => bundle }, { clock })
    const { chain } = ca.issue(workloadUri)
    expect((await current.authenticate({ peerChain: chain })).kind).toBe('authenticated')
    bundle = createTestCa({ clock }).bundle
    expect((await current.authenticate({ peerChain: chain })).kind).toBe('refused')
  })
})

it('renews a workload whose kind of key was opted in, under a root of that kind', async () => {
  const { ca: authority, clock: now } = await startCa({ rootKeyAlgorithm: 'ed25519', keyAlgorithms: ['ec-p256', 'ed25519'] })
  const signed = await authority.sign(createCsr({ privateKey: generateKey('ed25519') }), caller)
  const blocks = parseCertificatePem(signed.chain.join(''))
  const renewal = createCertificateAuthenticator({ bundle: () => authority.bundle().trustBundle }, { clock: now })
  expect(await renewal.authenticate({ peerChain: blocks.ok ? blocks.ders : [] })).toMatchObject({ kind: 'authenticated' })
})
