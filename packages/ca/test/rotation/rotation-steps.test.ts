import { createFakeClock, createMemoryLogger } from '@heddle/base/testing'
import { parseCertificatePem, verifySvidPath } from '@heddle/x509'
import { describe, expect, it } from 'vitest'
import { type Ca, type CaStore, createCa, createMemoryCaStore, type SignedCertificate } from '../../src/index.js'
import { caller, csr, startCa, withCode } from '../support/fixtures.js'
import { sharedStore } from '../support/shared-store.js'
import { observed, rotationOf, settle } from '../support/workloads.js'

const hourMs = 3_600_000
const dayMs = 24 * hourMs

function phases(ca: Ca): readonly string[] {
  return rotationOf(ca)
    .status()
    .map(({ phase }) => phase)
}

function verifies(ca: Ca, signed: SignedCertificate, nowMs: number): boolean {
  const text = parseCertificatePem(signed.chain.join(''))
  return text.ok && verifySvidPath({ chain: text.ders, bundle: ca.bundle().trustBundle, nowMs }).ok
}

describe('a rotation with observed workloads', () => {
  it('takes each step when every workload has acknowledged the one before, and says who lacks it', async () => {
    const { ca, clock } = await startCa()
    const workloads = observed(ca, ['a', 'b'])
    const rotation = rotationOf(ca)
    const before = await ca.sign(csr(), caller)
    await rotation.start({ revokeWhen: 'acknowledged', claimedActor: 'alice' })
    expect(phases(ca)).toEqual(['active', 'prepared'])
    expect(rotation.plan()).toMatchObject({ isRunning: true, next: { step: 'activate', isReady: false }, observed: 2 })
    expect(rotation.plan().next.waitsFor).toContain('2 workloads to trust the new root: a, b')
    workloads.acknowledge('a')
    clock.advance(10 * dayMs)
    await settle()
    expect(rotation.plan().lacking.map(({ id }) => id)).toEqual(['b'])
    expect(phases(ca)).toEqual(['active', 'prepared'])

    workloads.acknowledge()
    for (const expected of [
      ['retiring', 'active'],
      ['tainted', 'active'],
    ]) {
      clock.advance(1000)
      await settle()
      expect(phases(ca)).toEqual(expected)
    }
    expect(ca.bundle().taintedRoots).toHaveLength(1)
    expect(rotation.plan()).toMatchObject({ next: { step: 'revoke', isReady: false }, lacking: [{ id: 'a' }, { id: 'b' }] })
    clock.advance(60_000)
    await settle()
    expect(phases(ca)).toEqual(['tainted', 'active'])
    workloads.acknowledge()
    clock.advance(5000)
    await settle()
    expect(phases(ca)).toEqual(['tainted', 'active'])
    for (let second = 0; second < 7; second++) {
      clock.advance(1000)
      await settle()
    }
    expect(phases(ca)).toEqual(['active'])
    expect(rotation.plan()).toMatchObject({ isRunning: false, next: { step: 'prepare' } })
    expect(verifies(ca, before, clock.now())).toBe(false)
    expect(verifies(ca, await ca.sign(csr(), caller), clock.now())).toBe(true)
  })

  it('waits for the last leaf when nobody said that acknowledgement is enough', async () => {
    const { ca, clock } = await startCa()
    const workloads = observed(ca, ['a'])
    await ca.sign(csr(), caller, 48 * 3600)
    await rotationOf(ca).start()
    for (let second = 0; second < 5; second++) {
      workloads.acknowledge()
      clock.advance(1000)
      await settle()
    }
    expect(phases(ca)).toEqual(['tainted', 'active'])
    clock.advance(47 * hourMs)
    await settle()
    expect(phases(ca)).toEqual(['tainted', 'active'])
    clock.advance(2 * hourMs)
    await settle()
    expect(phases(ca)).toEqual(['active'])
  })

  it('T34: a workload that was offline for the whole overlap holds nobody up, and finds both roots until its leaf has ended', async () => {
    const { ca, clock } = await startCa()
    const offline = await ca.sign(csr(), caller)
    const workloads = observed(ca, ['online'])
    await rotationOf(ca).start()
    for (let second = 0; second < 5; second++) {
      workloads.acknowledge()
      clock.advance(1000)
      await settle()
    }
    clock.advance(23 * hourMs)
    await settle()
    expect(verifies(ca, offline, clock.now())).toBe(true)
  })

  it('goes by the clock when nobody observes the workloads, or the observer cannot tell', async () => {
    const { ca, clock } = await startCa()
    rotationOf(ca).observe(() => undefined)
    await rotationOf(ca).start()
    expect(rotationOf(ca).plan()).toMatchObject({ observed: undefined, next: { step: 'activate', isReady: false } })
    clock.advance(13 * hourMs)
    await settle()
    expect(phases(ca)).toEqual(['active', 'prepared'])
    clock.advance(2 * hourMs)
    await settle()
    expect(phases(ca)).toEqual(['retiring', 'active'])
    clock.advance(25 * hourMs)
    await settle()
    expect(phases(ca)).toEqual(['active'])
  })

  it('goes on after a restart where it stood', async () => {
    const store = createMemoryCaStore()
    const { ca, clock } = await startCa({ store })
    await rotationOf(ca).start({ revokeWhen: 'acknowledged' })
    await ca.close()
    const again = (await startCa({ store }, clock)).ca
    const workloads = observed(again, ['a'])
    for (let second = 0; second < 14; second++) {
      workloads.acknowledge()
      clock.advance(1000)
      await settle()
    }
    expect(phases(again)).toEqual(['active'])
    expect(again.bundle().rootsPem).not.toBe(ca.bundle().rootsPem)
  })
})

describe('T35: a rotation that is aborted or rolled back', () => {
  it('after prepare: the prepared root goes, and nothing has changed', async () => {
    const { ca } = await startCa()
    const before = ca.bundle().rootsPem
    await rotationOf(ca).start()
    await rotationOf(ca).abort()
    expect(ca.bundle().rootsPem).toBe(before)
    expect(rotationOf(ca).plan().isRunning).toBe(false)
  })

  it('after activate: the former root signs again, and leaves of both verify', async () => {
    const { ca, clock } = await startCa()
    const rotation = rotationOf(ca)
    const [old] = rotation.status()
    await rotation.prepare()
    await rotation.activate()
    const between = await ca.sign(csr(), caller)
    await rotation.abort()
    const after = await ca.sign(csr(), caller)
    expect(rotation.status().find(({ phase }) => phase === 'active')?.fingerprint).toBe(old?.fingerprint)
    for (const signed of [between, after]) expect(verifies(ca, signed, clock.now())).toBe(true)
  })

  it('after taint: refused, since workloads have left the former root', async () => {
    const { ca } = await startCa()
    const rotation = rotationOf(ca)
    await rotation.start()
    await rotation.activate()
    await rotation.taint()
    await expect(rotation.abort()).rejects.toEqual(withCode('HEDDLE_CA_ROTATION_REFUSED'))
    await expect(rotation.rollback()).rejects.toEqual(withCode('HEDDLE_CA_ROTATION_REFUSED'))
  })

  it('when there is none: refused', async () => {
    const { ca } = await startCa()
    await expect(rotationOf(ca).abort()).rejects.toEqual(withCode('HEDDLE_CA_ROTATION_REFUSED'))
    await expect(rotationOf(ca).taint()).rejects.toEqual(withCode('HEDDLE_CA_ROTATION_REFUSED'))
  })
})

it('T36: a root is not removed while its leaves live, unless by force', async () => {
  const { ca, clock } = await startCa()
  const rotation = rotationOf(ca)
  await ca.sign(csr(), caller, 30 * 86_400)
  const [old] = rotation.status()
  await rotation.prepare()
  await rotation.activate()
  await rotation.taint()
  clock.advance(29 * dayMs)
  await expect(rotation.revoke(old?.fingerprint ?? '')).rejects.toEqual(withCode('HEDDLE_CA_ROTATION_REFUSED'))
  clock.advance(dayMs)
  await rotation.revoke(old?.fingerprint ?? '')
})

it('a leaf longer than any before is saved before it is released', async () => {
  const store = createMemoryCaStore()
  let isFull = false
  const failing: CaStore = { ...store, save: (state) => (isFull ? Promise.reject(new Error('full')) : store.save(state)) }
  const { ca } = await startCa({ store: failing })
  isFull = true
  await ca.sign(csr(), caller, 3600)
  await expect(ca.sign(csr(), caller, 40 * 86_400)).rejects.toThrow('full')
})

describe('the forecast', () => {
  it('names the day, warns in time and starts a rotation by itself when it may', async () => {
    const logger = createMemoryLogger()
    const clock = createFakeClock()
    const store = createMemoryCaStore()
    const ca = await createCa(
      { trustDomain: 'cluster.local', store, rootTtlSeconds: 365 * 86_400, isRotationAutomatic: true },
      { clock, logger },
    )
    const { rotationStartsMs, alarms } = rotationOf(ca).forecast()
    expect([rotationStartsMs, alarms]).toEqual([clock.now() + 335 * dayMs, []])
    clock.advance(334 * dayMs)
    await settle()
    expect(phases(ca)).toEqual(['active'])
    clock.advance(2 * dayMs)
    await settle()
    expect(rotationOf(ca).plan().isRunning).toBe(true)
    expect(phases(ca)).toEqual(['active', 'prepared'])
  })

  it('alarms before anything expires, and says so in the log', async () => {
    const logger = createMemoryLogger()
    const clock = createFakeClock()
    const ca = await createCa(
      { trustDomain: 'cluster.local', store: createMemoryCaStore(), rootTtlSeconds: 100 * 86_400 },
      { clock, logger },
    )
    clock.advance(71 * dayMs)
    await settle()
    expect(rotationOf(ca).forecast().alarms).toEqual([
      { severity: 'warning', message: expect.stringContaining('start a rotation') as string },
    ])
    expect(logger.records.some(({ level, message }) => level === 'warn' && message.includes('start a rotation'))).toBe(true)
    clock.advance(28 * dayMs + hourMs)
    expect(rotationOf(ca).forecast().alarms[0]).toMatchObject({ severity: 'critical' })
    clock.advance(2 * dayMs)
    expect(rotationOf(ca).forecast().alarms[0]?.message).toContain('nothing is issued')
  })
})

it('T33: two replicas on one store start with one root, rotate once, and both sign with the same one', async () => {
  const open = sharedStore()
  const clock = createFakeClock()
  const replica = (): Promise<Ca> => createCa({ trustDomain: 'cluster.local', store: open() }, { clock })
  const [one, two] = await Promise.all([replica(), replica()])
  expect(one.bundle().rootsPem).toBe(two.bundle().rootsPem)
  const results = await Promise.allSettled([rotationOf(one).prepare(), rotationOf(two).prepare()])
  expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  clock.advance(60_000)
  await settle()
  expect(one.bundle().fingerprint).toBe(two.bundle().fingerprint)
  expect(phases(one)).toEqual(['active', 'prepared'])
  expect(phases(two)).toEqual(['active', 'prepared'])
})
