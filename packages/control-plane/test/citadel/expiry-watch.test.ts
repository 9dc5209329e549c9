import { createFakeClock, createMemoryLogger } from '@heddle/base/testing'
import { createCa, createMemoryCaStore, makeCacerts } from '@heddle/ca'
import { expect, it } from 'vitest'
import { watchExpiry } from '../../src/citadel/expiry-watch.js'

const dayMs = 86_400_000

it('warns once a day when the root comes to its end, and is quiet before', async () => {
  const clock = createFakeClock()
  const logger = createMemoryLogger()
  await using ca = await createCa({ trustDomain: 'cluster.local', store: createMemoryCaStore() }, { clock })
  const stop = watchExpiry(ca, { clock, logger })
  clock.advance(ca.metrics().rootNotAfterMs - clock.now() - 31 * dayMs)
  expect(logger.records).toEqual([])
  clock.advance(3 * dayMs)
  expect(logger.records.map(({ level }) => level)).toEqual(['warn', 'warn', 'warn'])
  stop()
  clock.advance(10 * dayMs)
  expect(logger.records).toHaveLength(3)
})

it('warns for an authority below somebody else’s root as well, and calls it critical when leaves are cut short', async () => {
  const clock = createFakeClock()
  const logger = createMemoryLogger()
  const cacerts = makeCacerts({ trustDomain: 'cluster.local' }, { clock })
  await using ca = await createCa({ trustDomain: 'cluster.local', cacerts }, { clock })
  watchExpiry(ca, { clock, logger })
  clock.advance(ca.metrics().chainNotAfterMs - clock.now() - 2 * dayMs)
  expect(ca.alarms()).toMatchObject([{ severity: 'warning', message: expect.stringContaining('2 days') as string }])
  expect(logger.records).toHaveLength(28)
  clock.advance(1.5 * dayMs)
  expect(ca.alarms()).toMatchObject([{ severity: 'critical', message: expect.stringContaining('cut short') as string }])
  clock.advance(dayMs)
  expect(ca.alarms()).toMatchObject([{ severity: 'critical', message: expect.stringContaining('nothing is issued') as string }])
  expect(logger.records.at(-1)).toMatchObject({ level: 'error' })
  expect(ca.metrics().expiryAlarms).toBe(1)
  const said = logger.records.length
  clock.advance(5 * 3_600_000)
  expect(logger.records.slice(said).map(({ level }) => level)).toEqual(Array(5).fill('error'))
})

it('leaves an authority of a few days, as others renew them, alone until a third of its life is left', async () => {
  const clock = createFakeClock()
  const cacerts = makeCacerts({ trustDomain: 'cluster.local', caTtlSeconds: 6 * 86_400 }, { clock })
  await using ca = await createCa({ trustDomain: 'cluster.local', cacerts }, { clock })
  clock.advance(3 * dayMs)
  expect(ca.alarms()).toEqual([])
  clock.advance(1.1 * dayMs)
  expect(ca.alarms()).toMatchObject([{ severity: 'warning' }])
})
