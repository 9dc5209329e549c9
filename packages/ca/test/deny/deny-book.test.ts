import { parseCertificatePem, parseCrl, parsePem } from '@heddle/x509'
import { describe, expect, it } from 'vitest'
import { type Ca, createCertificateAuthenticator, createMemoryCaStore } from '../../src/index.js'
import { caller, csr, startCa, withCode, workloadUri } from '../support/fixtures.js'

describe('the deny-list', () => {
  it('refuses a denied identity everything, at once and after a restart, until it is taken off', async () => {
    const store = createMemoryCaStore()
    const { ca, clock } = await startCa({ store })
    const changes: number[] = []
    ca.denied.onChange(() => changes.push(ca.denied.entries().length))
    await ca.denied.add({ spiffeId: workloadUri, reason: 'stolen laptop', claimedActor: 'alice' })
    await expect(ca.sign(csr(), caller)).rejects.toEqual(withCode('HEDDLE_CA_CALLER_DENIED'))
    await expect(ca.issueFor(caller)).rejects.toEqual(withCode('HEDDLE_CA_CALLER_DENIED'))
    await expect(ca.issueJwt(caller, ['x'])).rejects.toEqual(withCode('HEDDLE_CA_CALLER_DENIED'))
    await ca.close()
    const again = (await startCa({ store }, clock)).ca
    expect(again.denied.entries()).toEqual([
      { kind: 'spiffe-id', value: workloadUri, sinceMs: clock.now(), reason: 'stolen laptop', claimedActor: 'alice' },
    ])
    await expect(again.sign(csr(), caller)).rejects.toEqual(withCode('HEDDLE_CA_CALLER_DENIED'))
    expect(await again.denied.remove('spiffe-id', workloadUri)).toBe(true)
    expect(await again.denied.remove('spiffe-id', workloadUri)).toBe(false)
    await again.sign(csr(), caller)
    expect(changes).toEqual([1])
  })

  it('refuses renewal with a denied certificate, and lists it for others', async () => {
    const { ca, clock } = await startCa()
    const signed = await ca.sign(csr(), caller)
    const chain = parseCertificatePem(signed.chain.join(''))
    if (!chain.ok) throw new Error(chain.reason)
    const authenticator = createCertificateAuthenticator(
      { bundle: () => ca.bundle().trustBundle, denyList: () => ca.denied.list() },
      { clock },
    )
    expect(await authenticator.authenticate({ peerChain: chain.ders })).toMatchObject({ kind: 'authenticated' })
    await ca.denied.add({ serialHex: signed.serialHex.toUpperCase(), untilMs: signed.notAfterMs })
    expect(await authenticator.authenticate({ peerChain: chain.ders })).toMatchObject({ kind: 'refused' })
    await ca.rotation?.prepare()
    const blocks = parsePem(await ca.crlsPem())
    if (!blocks.ok) throw new Error(blocks.reason)
    const lists = blocks.blocks.map(({ der }) => parseCrl(der))
    expect(lists).toHaveLength(2)
    for (const list of lists) expect(list.ok && [...list.crl.revoked.keys()]).toEqual([signed.serialHex])
    clock.advance(25 * 3_600_000)
    expect(ca.denied.entries()).toEqual([])
  })

  it('takes a serial number off however it is spelled', async () => {
    const { ca } = await startCa()
    for (const spelled of ['4a0bff', '4A0BFF', '4a:0b:ff', '00:4A:0B:FF']) {
      await ca.denied.add({ serialHex: '4A:0B:FF' })
      expect(await ca.denied.remove('serial', spelled)).toBe(true)
      expect(ca.denied.entries()).toEqual([])
    }
    expect(await ca.denied.remove('serial', 'xyz')).toBe(false)
  })

  it.each([
    ['nothing', {}],
    ['two things', { spiffeId: workloadUri, serialHex: '01' }],
    ['a trust domain', { spiffeId: 'spiffe://cluster.local' }],
    ['no id', { spiffeId: 'hello' }],
    ['no serial', { serialHex: 'xyz' }],
  ])('refuses to deny %s', async (_, request) => {
    const { ca } = await startCa()
    await expect(ca.denied.add(request)).rejects.toEqual(withCode('HEDDLE_CA_DENIAL_INVALID'))
  })

  it('numbers its revocation lists, also over restarts', async () => {
    const store = createMemoryCaStore()
    const { ca, clock } = await startCa({ store })
    const numberOf = async (from: typeof ca): Promise<bigint> => {
      const blocks = parsePem(await from.crlsPem())
      const list = blocks.ok && parseCrl(blocks.blocks[0]?.der as Uint8Array)
      if (!list || !list.ok) throw new Error('not read')
      return list.crl.number
    }
    expect(await numberOf(ca)).toBe(1n)
    await ca.close()
    expect(await numberOf((await startCa({ store }, clock)).ca)).toBe(2n)
  })

  it('denies a workload under every name of its trust domain, and takes it off under every one', async () => {
    const { ca } = await startCa({ trustDomainAliases: ['old.example'] })
    const old = 'spiffe://old.example/ns/default/sa/hello'
    for (const asked of [workloadUri, old]) {
      await ca.denied.add({ spiffeId: asked })
      expect(new Set(ca.denied.entries().map(({ value }) => value))).toEqual(new Set([workloadUri, old]))
      for (const trustDomain of ['cluster.local', 'old.example'])
        await expect(ca.sign(csr(), { ...caller, trustDomain })).rejects.toEqual(withCode('HEDDLE_CA_CALLER_DENIED'))
      expect(await ca.denied.remove('spiffe-id', workloadUri)).toBe(true)
      expect(ca.denied.entries()).toEqual([])
    }
    await ca.denied.add({ spiffeId: 'spiffe://foreign.example/ns/default/sa/hello' })
    expect(ca.denied.entries()).toHaveLength(1)
  })

  it.each<[string, (ca: Ca) => Promise<unknown>]>([
    ['a certificate', (ca) => ca.sign(csr(), caller)],
    ['a certificate and its key', (ca) => ca.issueFor(caller)],
    ['a token', (ca) => ca.issueJwt(caller, ['x'])],
  ])('holds back %s whose workload is denied while it is being recorded', async (_, issue) => {
    const started = await startCa({ audit: async () => void (await started.ca.denied.add({ spiffeId: workloadUri })) })
    await expect(issue(started.ca)).rejects.toEqual(withCode('HEDDLE_CA_CALLER_DENIED'))
  })
})
