import { parseCertificatePem, verifySvidPath } from '@heddle/x509'
import { describe, expect, it } from 'vitest'
import { type Ca, type CaBundle, type Rotation, type SignedCertificate, createMemoryCaStore } from '../../src/index.js'
import { caller, csr, startCa, withCode } from '../support/fixtures.js'

const dayMs = 86_400_000

function rotationOf(ca: Ca): Rotation {
  if (!ca.rotation) throw new Error('the authority has no rotation')
  return ca.rotation
}

function verifies(signed: SignedCertificate, bundle: CaBundle, nowMs: number): boolean {
  const text = parseCertificatePem(signed.chain.join(''))
  return text.ok && verifySvidPath({ chain: text.ders, bundle: bundle.trustBundle, nowMs }).ok
}

describe('rotation', () => {
  it('changes the root while every leaf verifies under every bundle of its time', async () => {
    const { ca, clock } = await startCa()
    const rotation = rotationOf(ca)
    const before = await ca.sign(csr(), caller)
    const [old] = rotation.status()
    const bundles = [ca.bundle()]
    ca.onBundleChange((bundle) => bundles.push(bundle))

    await rotation.prepare()
    const during = await ca.sign(csr(), caller)
    await rotation.activate()
    const after = await ca.sign(csr(), caller)
    expect(rotation.status().map((root) => root.phase)).toEqual(['retiring', 'active'])
    for (const signed of [before, during, after]) expect(verifies(signed, ca.bundle(), clock.now())).toBe(true)
    expect(verifies(during, bundles[0] as CaBundle, clock.now())).toBe(true)
    expect(verifies(after, bundles[0] as CaBundle, clock.now())).toBe(false)

    await expect(rotation.revoke(old?.fingerprint ?? '')).rejects.toEqual(withCode('HEDDLE_CA_ROTATION_REFUSED'))
    clock.advance(90 * dayMs)
    await rotation.revoke(old?.fingerprint ?? '')
    expect(rotation.status()).toHaveLength(1)
    expect(bundles).toHaveLength(3)
    const last = await ca.sign(csr(), caller)
    expect(verifies(last, ca.bundle(), clock.now())).toBe(true)
  })

  it('removes a live root only by force, and then its leaves are refused', async () => {
    const { ca, clock } = await startCa()
    const rotation = rotationOf(ca)
    const signed = await ca.sign(csr(), caller)
    const fingerprint = rotation.status()[0]?.fingerprint ?? ''
    await rotation.prepare()
    await rotation.activate()
    await rotation.revoke(fingerprint, true)
    expect(verifies(signed, ca.bundle(), clock.now())).toBe(false)
  })

  it('refuses steps out of order, two preparations at once, and unknown roots', async () => {
    const { ca } = await startCa()
    const rotation = rotationOf(ca)
    await expect(rotation.activate()).rejects.toEqual(withCode('HEDDLE_CA_ROTATION_REFUSED'))
    await expect(rotation.revoke('00')).rejects.toEqual(withCode('HEDDLE_CA_ROTATION_REFUSED'))
    await expect(rotation.revoke(rotation.status()[0]?.fingerprint ?? '', true)).rejects.toEqual(withCode('HEDDLE_CA_ROTATION_REFUSED'))
    const results = await Promise.allSettled([rotation.prepare(), rotation.prepare()])
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected'])
  })

  it('takes back a prepared root', async () => {
    const { ca } = await startCa()
    const rotation = rotationOf(ca)
    const { rootsPem } = ca.bundle()
    await rotation.revoke((await rotation.prepare()).fingerprint)
    expect(ca.bundle().rootsPem).toBe(rootsPem)
  })

  it('goes on after a restart where it stood', async () => {
    const store = createMemoryCaStore()
    const { ca, clock } = await startCa({ store })
    await rotationOf(ca).prepare()
    const status = rotationOf(ca).status()
    await ca.close()
    const again = await startCa({ store }, clock)
    expect(again.ca.rotation?.status()).toEqual(status)
    await again.ca.rotation?.activate()
    expect(again.ca.rotation?.status().map((root) => root.phase)).toEqual(['retiring', 'active'])
  })

  it('is the way out of an expired root', async () => {
    const { ca, clock } = await startCa({ rootTtlSeconds: 90 * 86_400 })
    clock.advance(91 * dayMs)
    await rotationOf(ca).prepare()
    await rotationOf(ca).activate()
    expect(verifies(await ca.sign(csr(), caller), ca.bundle(), clock.now())).toBe(true)
  })

  it('announces nothing when a step cannot be saved', async () => {
    const store = createMemoryCaStore()
    const failing = {
      ...store,
      isFull: false,
      save(state: Uint8Array): Promise<void> {
        return this.isFull ? Promise.reject(new Error('full')) : store.save(state)
      },
    }
    const { ca } = await startCa({ store: failing })
    const before = ca.bundle()
    failing.isFull = true
    await expect(rotationOf(ca).prepare()).rejects.toThrow('full')
    expect(ca.bundle()).toBe(before)
    failing.isFull = false
    await rotationOf(ca).prepare()
    expect(ca.bundle().rootsPem.match(/BEGIN/g)).toHaveLength(2)
  })
})
