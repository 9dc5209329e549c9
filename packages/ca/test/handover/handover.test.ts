import { createSeededRandom } from '@heddle/base'
import { createFakeClock, createMemoryLogger, type FakeClock } from '@heddle/base/testing'
import { encodePrivateKey, parseCertificatePem, verifySvidPath } from '@heddle/x509'
import { describe, expect, it } from 'vitest'
import {
  type Ca,
  type CaBundle,
  type Cacerts,
  createCa,
  createFederation,
  createMemoryCaStore,
  encodeSpiffeBundle,
  makeCacerts,
  type SignedCertificate,
  type WorkloadTrust,
} from '../../src/index.js'
import { createRoot } from '../../src/authority/authority.js'
import { caller, csr, startCa, withCode } from '../support/fixtures.js'
import { sharedStore } from '../support/shared-store.js'
import { settle } from '../support/workloads.js'

const hourMs = 3_600_000

function cacertsAt(clock: FakeClock): Cacerts {
  const { rootKeyPem: _, ...cacerts } = makeCacerts({ trustDomain: 'cluster.local' }, { clock })
  return cacerts
}

function verifies(signed: SignedCertificate, bundle: CaBundle, nowMs: number): boolean {
  const text = parseCertificatePem(signed.chain.join(''))
  return text.ok && verifySvidPath({ chain: text.ders, bundle: bundle.trustBundle, nowMs }).ok
}

const phases = (ca: Ca): string =>
  ca
    .bundle()
    .roots.map(({ phase }) => phase)
    .join()

async function pass(clock: FakeClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 1000) {
    clock.advance(1000)
    await settle()
  }
}

/** A mesh that an authority with a root of its own has served, then the same one with somebody's own plugged in. */
async function pluggedIn(clock = createFakeClock(), prepare: (former: Ca) => Promise<unknown> = () => Promise.resolve()) {
  const formerStore = createMemoryCaStore()
  const { ca: former } = await startCa({ store: formerStore }, clock)
  await prepare(former)
  const old = await former.sign(csr(), caller)
  const before = former.bundle()
  await former.close()
  const options = { cacerts: cacertsAt(clock), companionStore: createMemoryCaStore(), formerStore }
  const { ca } = await startCa(options, clock)
  return { ca, clock, options, old, before }
}

function observedBy(ca: Ca, ids: readonly string[]) {
  let list: readonly WorkloadTrust[] = ids.map((id) => ({ id, bundleFingerprint: undefined }))
  ca.handover?.observe(() => list)
  return {
    acknowledge: (...some: readonly string[]) => {
      list = list.map((one) => (some.includes(one.id) ? { ...one, bundleFingerprint: ca.bundle().fingerprint } : one))
    },
  }
}

describe('an authority that is plugged in where another one signed', () => {
  it('publishes its roots beside the former ones, and issues nothing until every workload trusts both', async () => {
    const { ca, clock, old } = await pluggedIn()
    const workloads = observedBy(ca, ['a', 'b'])
    expect(phases(ca)).toBe('active,prepared')
    expect(verifies(old, ca.bundle(), clock.now())).toBe(true)
    await expect(ca.sign(csr(), caller)).rejects.toEqual(withCode('HEDDLE_CA_HANDOVER'))
    await expect(ca.issueFor(caller)).rejects.toEqual(withCode('HEDDLE_CA_HANDOVER'))
    expect(ca.explain({ csrPem: csr(), caller })).toMatchObject({ ok: false, code: 'HEDDLE_CA_HANDOVER' })
    await expect(ca.issueServer({ dnsNames: ['istiod'] })).resolves.toBeDefined()
    workloads.acknowledge('a')
    await pass(clock, 30_000)
    expect(ca.handover?.status()).toMatchObject({ phase: 'waiting', lacking: [{ id: 'b' }] })
    workloads.acknowledge('b')
    await pass(clock, 7000)
    expect(phases(ca)).toBe('active,tainted')
    const fresh = await ca.sign(csr(), caller)
    for (const leaf of [old, fresh]) expect(verifies(leaf, ca.bundle(), clock.now())).toBe(true)
  })

  it('forgets the former roots when nobody holds a leaf under them any more', async () => {
    const { ca, clock, old } = await pluggedIn()
    const workloads = observedBy(ca, ['a'])
    workloads.acknowledge('a')
    await pass(clock, 11_000)
    expect(ca.handover?.status()).toMatchObject({ phase: 'renewing', lacking: [{ id: 'a' }] })
    await pass(clock, 30_000)
    expect(phases(ca)).toBe('active,tainted')
    workloads.acknowledge('a')
    await pass(clock, 7000)
    expect(phases(ca)).toBe('active')
    expect(ca.handover?.status()).toBeUndefined()
    expect(verifies(old, ca.bundle(), clock.now())).toBe(false)
  })

  it('forgets a former root at once when it is revoked, by force while workloads may need it', async () => {
    const { ca, clock, old } = await pluggedIn()
    const [former = ''] = ca.handover?.status()?.formerRoots ?? []
    observedBy(ca, ['a'])
    await expect(ca.handover?.revoke(former)).rejects.toEqual(withCode('HEDDLE_CA_ROTATION_REFUSED'))
    await expect(ca.handover?.revoke('00', true)).rejects.toEqual(withCode('HEDDLE_CA_ROTATION_REFUSED'))
    await ca.handover?.revoke(former, true)
    expect(phases(ca)).toBe('active')
    expect(verifies(old, ca.bundle(), clock.now())).toBe(false)
    await expect(ca.sign(csr(), caller)).resolves.toBeDefined()
  })

  it('keeps a former root that is revoked without force while anybody may hold a leaf under it', async () => {
    const { ca, clock, options } = await pluggedIn()
    const [former = ''] = ca.handover?.status()?.formerRoots ?? []
    const workloads = observedBy(ca, ['a'])
    workloads.acknowledge('a')
    // Who trusts both roots holds a leaf under the former one all the same.
    await expect(ca.handover?.revoke(former)).rejects.toEqual(withCode('HEDDLE_CA_ROTATION_REFUSED'))
    await pass(clock, 11_000)
    await ca.close()
    const { ca: again } = await startCa(options, clock)
    observedBy(again, [])
    await expect(again.handover?.revoke(former)).rejects.toEqual(withCode('HEDDLE_CA_ROTATION_REFUSED'))
    expect(phases(again)).toBe('active,tainted')
  })

  it('waits ten seconds for workloads to come back, and a minute for those that never answer', async () => {
    const { ca, clock } = await pluggedIn()
    await pass(clock, 9000)
    expect(ca.handover?.status()?.phase).toBe('waiting')
    const workloads = observedBy(ca, ['silent'])
    await pass(clock, 50_000)
    expect(ca.handover?.status()?.phase).toBe('waiting')
    await pass(clock, 2000)
    expect(ca.handover?.status()?.phase).toBe('renewing')
    workloads.acknowledge()
    clock.advance(24 * hourMs)
    await settle()
    expect(phases(ca)).toBe('active')
  })

  it('takes as long when the clock is set back meanwhile', async () => {
    const { ca, clock } = await pluggedIn()
    clock.sleep(-hourMs)
    await pass(clock, 59_000)
    expect(ca.handover?.status()?.phase).toBe('waiting')
    await pass(clock, 2000)
    expect(ca.handover?.status()?.phase).toBe('renewing')
    observedBy(ca, []).acknowledge()
    clock.sleep(-hourMs)
    await pass(clock, 12_000)
    expect(phases(ca)).toBe('active')
  })

  it('takes as long when the clock is set forward meanwhile', async () => {
    const { ca, clock } = await pluggedIn()
    const workloads = observedBy(ca, ['a'])
    clock.sleep(hourMs)
    await pass(clock, 5000)
    expect(ca.handover?.status()).toMatchObject({ phase: 'waiting', untilMs: clock.now() + 55_000 })
    workloads.acknowledge('a')
    await pass(clock, 8000)
    expect(ca.handover?.status()?.phase).toBe('renewing')
    clock.sleep(48 * hourMs)
    await pass(clock, 5000)
    expect(phases(ca)).toBe('active,tainted')
  })

  it('waits again after a restart, however long nothing ran', async () => {
    const { ca, clock, options } = await pluggedIn()
    await ca.close()
    clock.advance(2 * hourMs)
    const { ca: again } = await startCa(options, clock)
    const workloads = observedBy(again, ['a'])
    await pass(clock, 11_000)
    expect(again.handover?.status()?.phase).toBe('waiting')
    workloads.acknowledge('a')
    await pass(clock, 7000)
    expect(again.handover?.status()?.phase).toBe('renewing')
    await again.close()
    clock.advance(25 * hourMs)
    const { ca: last } = await startCa(options, clock)
    observedBy(last, ['a'])
    await pass(clock, 9000)
    expect(phases(last)).toBe('active,tainted')
    await pass(clock, 2000)
    expect(phases(last)).toBe('active')
  })

  it('begins anew at every replica when the next one is plugged in at one', async () => {
    const clock = createFakeClock()
    const open = sharedStore()
    const replica = async (): Promise<Ca> => (await startCa({ cacerts: cacertsAt(clock), companionStore: open() }, clock)).ca
    await (await replica()).close()
    const one = await replica()
    observedBy(one, ['a'])
    await pass(clock, 55_000)
    const two = await replica()
    observedBy(two, ['b'])
    await pass(clock, 58_000)
    expect([one, two].map((ca) => ca.handover?.status()?.phase)).toEqual(['waiting', 'waiting'])
    await pass(clock, 5000)
    expect([one, two].map((ca) => ca.handover?.status()?.phase)).toEqual(['renewing', 'renewing'])
  })

  it('goes on after a restart where it stood, and waits again for those that come back', async () => {
    const { ca, clock, options, old } = await pluggedIn()
    await pass(clock, 5000)
    await ca.close()
    const { ca: again } = await startCa(options, clock)
    expect(phases(again)).toBe('active,prepared')
    observedBy(again, []).acknowledge()
    await pass(clock, 9000)
    expect(again.handover?.status()?.phase).toBe('waiting')
    await pass(clock, 2000)
    expect(again.handover?.status()?.phase).toBe('renewing')
    await again.close()
    const { ca: last } = await startCa(options, clock)
    expect(phases(last)).toBe('active,tainted')
    expect(verifies(old, last.bundle(), clock.now())).toBe(true)
  })

  it('is followed by the next one, and all former roots stay trusted meanwhile', async () => {
    const { ca, clock, options, old } = await pluggedIn()
    await ca.close()
    const { ca: next } = await startCa({ ...options, cacerts: cacertsAt(clock) }, clock)
    expect(phases(next)).toBe('active,active,prepared')
    expect(verifies(old, next.bundle(), clock.now())).toBe(true)
    observedBy(next, [])
    await pass(clock, 17_000)
    const under = await next.sign(csr(), caller)
    await next.close()
    const { ca: third } = await startCa({ ...options, cacerts: cacertsAt(clock) }, clock)
    expect(verifies(under, third.bundle(), clock.now())).toBe(true)
  })

  it('waits, too, when the roots stay and one that signs comes to them', async () => {
    const clock = createFakeClock()
    const companionStore = createMemoryCaStore()
    const [old, young] = [cacertsAt(clock), cacertsAt(clock)]
    const rootCertPem = `${old.rootCertPem}${young.rootCertPem}`
    const steps = [old, { ...old, rootCertPem }, { ...young, rootCertPem }, young]
    const seen: unknown[] = []
    for (const cacerts of steps) {
      const { ca } = await startCa({ cacerts, companionStore }, clock)
      seen.push(ca.handover?.status()?.phase)
      observedBy(ca, [])
      await pass(clock, 30_000)
      expect(ca.handover?.status()).toBeUndefined()
      await ca.close()
    }
    expect(seen).toEqual([undefined, undefined, undefined, 'waiting'])
    const both = createMemoryCaStore()
    await (await startCa({ cacerts: old, companionStore: both }, clock)).ca.close()
    const { ca } = await startCa({ cacerts: { ...young, rootCertPem }, companionStore: both }, clock)
    await expect(ca.sign(csr(), caller)).rejects.toEqual(withCode('HEDDLE_CA_HANDOVER'))
    expect(ca.handover?.status()?.formerRoots).toEqual([])
    await ca.close()
    const { ca: again } = await startCa({ cacerts: { ...young, rootCertPem }, companionStore: both }, clock)
    const workloads = observedBy(again, ['a'])
    await pass(clock, 11_000)
    await expect(again.sign(csr(), caller)).rejects.toEqual(withCode('HEDDLE_CA_HANDOVER'))
    workloads.acknowledge('a')
    await pass(clock, 7000)
    await expect(again.sign(csr(), caller)).resolves.toBeDefined()
    expect(again.handover?.status()).toBeUndefined()
  })

  it('has nothing to hand over in a new mesh, with the same roots, and at later starts', async () => {
    const clock = createFakeClock()
    const options = { cacerts: cacertsAt(clock), companionStore: createMemoryCaStore(), formerStore: createMemoryCaStore() }
    const { ca } = await startCa(options, clock)
    expect(phases(ca)).toBe('active')
    await expect(ca.sign(csr(), caller)).resolves.toBeDefined()
    await ca.close()
    const { ca: again } = await startCa(options, clock)
    expect(phases(again)).toBe('active')
    expect(again.handover?.status()).toBeUndefined()
  })

  it('denies whom the former one denied', async () => {
    const { ca, clock, options } = await pluggedIn(createFakeClock(), async (former) => {
      await former.denied.add({ spiffeId: 'spiffe://cluster.local/ns/default/sa/gone' })
      await former.denied.add({ serialHex: '0a' })
    })
    const kept = [{ kind: 'spiffe-id' }, { kind: 'serial', value: '0a' }]
    expect(ca.denied.entries()).toMatchObject(kept)
    observedBy(ca, [])
    await pass(clock, 20_000)
    await expect(ca.sign(csr(), { ...caller, serviceAccount: 'gone' })).rejects.toEqual(withCode('HEDDLE_CA_CALLER_DENIED'))
    await ca.denied.remove('serial', '0a')
    await ca.close()
    const { ca: again } = await startCa(options, clock)
    expect(again.denied.entries()).toMatchObject(kept.slice(0, 1))
  })

  it('signs tokens with the former key until everybody has had the time to learn the new one, and keeps what it signed valid', async () => {
    let former = ''
    const { ca, clock } = await pluggedIn(createFakeClock(), async (before) => {
      former = (await before.issueJwt(caller, ['shop'])).keyId
    })
    const keysOf = (): readonly string[] => ca.bundle().jwtKeys.map(({ id }) => id)
    const [, next = ''] = keysOf()
    expect(keysOf()).toEqual([former, next])
    expect((await ca.issueJwt(caller, ['shop'])).keyId).toBe(former)
    clock.advance(hourMs)
    expect((await ca.issueJwt(caller, ['shop'])).keyId).toBe(next)
    expect(keysOf()).toContain(former)
    clock.advance(2 * hourMs + 60_000)
    await settle()
    expect(keysOf()).toEqual([next])
  })

  it('distrusts the former key for tokens with the root that is revoked', async () => {
    const { ca } = await pluggedIn()
    const [, next] = ca.bundle().jwtKeys
    await ca.handover?.revoke(ca.handover.status()?.formerRoots[0] ?? '', true)
    expect(ca.bundle().jwtKeys.map(({ id }) => id)).toEqual([next?.id])
    expect((await ca.issueJwt(caller, ['shop'])).keyId).toBe(next?.id)
  })

  it('numbers its bundles after those of the former one, so that other trust domains take them', async () => {
    const { ca, clock, before } = await pluggedIn(createFakeClock(), async (former) => {
      for (let round = 0; round < 3; round++) {
        await former.rotation?.prepare()
        await former.rotation?.abort()
      }
    })
    let served = before
    const domain = { trustDomain: 'cluster.local', url: 'https://mesh.test/bundle', profile: { kind: 'https_web' } } as const
    const federation = createFederation(
      { domains: [domain], fetchBundle: () => Promise.resolve(encodeSpiffeBundle(served, 300)) },
      { clock },
    )
    await federation.refresh()
    served = ca.bundle()
    await federation.refresh()
    expect(federation.bundleOf('cluster.local')?.rootsPem).toBe(ca.bundle().rootsPem)
    federation.close()
  })

  it('goes on trusting a former root whose kind of key is not the usual one, also at a replica that was not opted in to it', async () => {
    const clock = createFakeClock()
    const formerStore = createMemoryCaStore()
    const { ca: former } = await startCa({ store: formerStore, rootKeyAlgorithm: 'ed25519' }, clock)
    const old = await former.sign(csr(), caller)
    await former.close()
    const open = sharedStore()
    const { ca } = await startCa({ cacerts: cacertsAt(clock), companionStore: open(), formerStore }, clock)
    expect(verifies(old, ca.bundle(), clock.now())).toBe(true)
    const rootOptions = { trustDomain: 'cluster.local', ttlSeconds: 86_400, nowMs: clock.now(), keyAlgorithm: 'ed25519' } as const
    const { authority, key } = createRoot(rootOptions, createSeededRandom(1))
    const modern = { caCertPem: authority.rootsPem, caKeyPem: encodePrivateKey(key), rootCertPem: authority.rootsPem }
    const { ca: next } = await startCa({ cacerts: modern, companionStore: open(), keyAlgorithms: ['ed25519'] }, clock)
    await ca.refresh()
    expect(next.bundle().roots.map(({ pem }) => pem)).toContain(authority.rootsPem)
    expect(ca.bundle().rootsPem).toContain(authority.rootsPem)
  })

  it('starts without the former roots when their state cannot be read', async () => {
    const clock = createFakeClock()
    const formerStore = createMemoryCaStore(Buffer.from('rotten'))
    const { ca } = await startCa({ cacerts: cacertsAt(clock), companionStore: createMemoryCaStore(), formerStore }, clock)
    expect(phases(ca)).toBe('active')
    await expect(ca.sign(csr(), caller)).resolves.toBeDefined()
  })

  it('does not start while the former state cannot be fetched, and takes it over once it can', async () => {
    const clock = createFakeClock()
    const store = createMemoryCaStore()
    await (await startCa({ store }, clock)).ca.close()
    let isAway = true
    const formerStore = { ...store, open: () => (isAway ? Promise.reject(new Error('connection reset')) : store.open()) }
    const options = { cacerts: cacertsAt(clock), companionStore: createMemoryCaStore(), formerStore }
    await expect(startCa(options, clock)).rejects.toThrow('connection reset')
    isAway = false
    const { ca } = await startCa(options, clock)
    expect(phases(ca)).toBe('active,prepared')
  })
})

describe('a replica that was not given the new authority yet', () => {
  async function replicas() {
    const clock = createFakeClock()
    const open = sharedStore()
    const logger = createMemoryLogger()
    const old = cacertsAt(clock)
    const one = await createCa({ trustDomain: 'cluster.local', cacerts: old, companionStore: open() }, { clock, logger })
    const under = await one.sign(csr(), caller)
    const two = (await startCa({ cacerts: cacertsAt(clock), companionStore: open() }, clock)).ca
    return { one, two, under, clock, logger }
  }

  it('publishes the new roots before anybody signs under them, and says that it is to be started again', async () => {
    const { one, two, clock, logger } = await replicas()
    observedBy(two, [])
    await pass(clock, 9000)
    await expect(one.sign(csr(), caller)).rejects.toEqual(withCode('HEDDLE_CA_HANDOVER'))
    await pass(clock, 2000)
    const fresh = await two.sign(csr(), caller)
    for (const ca of [one, two]) expect(verifies(fresh, ca.bundle(), clock.now())).toBe(true)
    expect(logger.records.filter(({ level }) => level === 'error')).toMatchObject([
      { message: expect.stringContaining('another replica was given another authority') as string },
    ])
  })

  it('takes no step on the word of its own workloads, who are asked for less', async () => {
    const { one, two, under, clock } = await replicas()
    observedBy(two, ['silent'])
    observedBy(one, [])
    await pass(clock, 50_000)
    expect(two.handover?.status()?.phase).toBe('waiting')
    await pass(clock, 120_000)
    expect(two.handover?.status()?.phase).toBe('renewing')
    expect(verifies(under, two.bundle(), clock.now())).toBe(true)
  })

  it('keeps the former roots while workloads are connected to it, who cannot renew under the new authority there', async () => {
    const { one, two, under, clock } = await replicas()
    observedBy(two, [])
    const workloads = observedBy(one, ['a'])
    await pass(clock, 8000)
    workloads.acknowledge('a')
    await pass(clock, 20_000)
    expect(two.handover?.status()).toMatchObject({ phase: 'renewing', lackingElsewhere: 1 })
    await pass(clock, 300_000)
    expect(verifies(under, two.bundle(), clock.now())).toBe(true)
    const [former = ''] = two.handover?.status()?.formerRoots ?? []
    await expect(two.handover?.revoke(former)).rejects.toThrow('workloads of other replicas may still need this root')
    await one.close()
    await pass(clock, 30_000)
    expect(two.handover?.status()).toBeUndefined()
    expect(verifies(under, two.bundle(), clock.now())).toBe(false)
  })
})

describe('replicas that were given the new authority', () => {
  it('wait for the workloads of each other', async () => {
    const clock = createFakeClock()
    const open = sharedStore()
    const [old, next] = [cacertsAt(clock), cacertsAt(clock)]
    const replica = async (cacerts: Cacerts): Promise<Ca> => (await startCa({ cacerts, companionStore: open() }, clock)).ca
    await (await replica(old)).close()
    const [one, two] = [await replica(next), await replica(next)]
    observedBy(one, [])
    const workloads = observedBy(two, ['a'])
    await pass(clock, 50_000)
    expect(one.handover?.status()).toMatchObject({ phase: 'waiting', lacking: [], lackingElsewhere: 1 })
    workloads.acknowledge('a')
    await pass(clock, 8000)
    expect([phases(one), phases(two)]).toEqual(['active,tainted', 'active,tainted'])
    await pass(clock, 60_000)
    expect(phases(one)).toBe('active,tainted')
    workloads.acknowledge('a')
    await pass(clock, 12_000)
    expect([phases(one), phases(two)]).toEqual(['active', 'active'])
  })
})
