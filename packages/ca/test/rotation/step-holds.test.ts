import { createFakeClock, type FakeClock } from '@heddle/base/testing'
import { describe, expect, it } from 'vitest'
import { type Ca, type CaStore, createCa, createMemoryCaStore } from '../../src/index.js'
import { sharedStore } from '../support/shared-store.js'
import { observed, rotationOf, settle } from '../support/workloads.js'

const phases = (ca: Ca): string =>
  rotationOf(ca)
    .status()
    .map(({ phase }) => phase)
    .join()

async function pass(clock: FakeClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 1000) {
    clock.advance(1000)
    await settle()
  }
}

/** Two replicas: no workload is connected to the first, whose rotation has begun. */
async function replicas() {
  const clock = createFakeClock()
  const open = sharedStore()
  const replica = (): Promise<Ca> => createCa({ trustDomain: 'cluster.local', store: open() }, { clock })
  const one = await replica()
  const two = await replica()
  observed(one, [])
  await rotationOf(one).start({ revokeWhen: 'acknowledged' })
  return { one, two, clock }
}

describe('a rotation with replicas', () => {
  it('waits at each step for the workloads of every replica, and says so', async () => {
    const { one, two, clock } = await replicas()
    const workloads = observed(two, ['a', 'b'])
    await pass(clock, 60_000)
    expect(phases(one)).toBe('active,prepared')
    expect(rotationOf(one).plan()).toMatchObject({
      lackingElsewhere: 2,
      next: { step: 'activate', isReady: false, waitsFor: '2 workloads of other replicas to trust the new root' },
    })
    workloads.acknowledge('a')
    await pass(clock, 12_000)
    expect(rotationOf(one).plan().next.waitsFor).toBe('a workload of other replicas to trust the new root')
    workloads.acknowledge()
    await pass(clock, 12_000)
    expect([phases(one), phases(two)]).toEqual(['tainted,active', 'tainted,active'])
    await pass(clock, 60_000)
    expect(phases(one)).toBe('tainted,active')
    workloads.acknowledge()
    await pass(clock, 12_000)
    expect([phases(one), phases(two)]).toEqual(['active', 'active'])
    expect(rotationOf(one).plan()).toMatchObject({ isRunning: false, lackingElsewhere: undefined })
  })

  it('waits for a replica that does not know its workloads yet', async () => {
    const { one, two, clock } = await replicas()
    const end = rotationOf(two).observe(() => undefined)
    await pass(clock, 30_000)
    expect(rotationOf(one).plan()).toMatchObject({
      lackingElsewhere: 0,
      next: { isReady: false, waitsFor: 'workloads of other replicas to trust the new root' },
    })
    end()
    await pass(clock, 12_000)
    expect(phases(one)).toBe('tainted,active')
  })

  it('goes on soon after a replica has gone that held a step', async () => {
    const { one, two, clock } = await replicas()
    observed(two, ['a'])
    await pass(clock, 30_000)
    expect(rotationOf(one).plan().lackingElsewhere).toBe(1)
    await two.close()
    await pass(clock, 12_000)
    expect(phases(one)).toBe('active,prepared')
    await pass(clock, 12_000)
    expect(phases(one)).toBe('tainted,active')
  })

  it('writes nothing for that into a store of its own', async () => {
    const store = createMemoryCaStore()
    let saves = 0
    const counting: CaStore = { ...store, save: (state) => store.save(state).then(() => void saves++) }
    const clock = createFakeClock()
    const ca = await createCa({ trustDomain: 'cluster.local', store: counting }, { clock })
    observed(ca, ['a'])
    await rotationOf(ca).start({ revokeWhen: 'acknowledged' })
    const before = saves
    await pass(clock, 30_000)
    expect(saves).toBe(before)
  })
})
