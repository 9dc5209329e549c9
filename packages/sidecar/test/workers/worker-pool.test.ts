/** The primary with real processes as workers, which do as the test says, and a clock of the test's. */
import cluster, { type Worker } from 'node:cluster'
import { fileURLToPath } from 'node:url'
import { createFakeClock, createMemoryLogger, type MemoryLogger } from '@heddle/base/testing'
import { emptyProxyConfig, type ProxyConfig } from '@heddle/routing'
import { afterEach, expect, test } from 'vitest'
import type { DataPlane } from '../../src/engine/data-plane.js'
import { createMeshNames } from '../../src/engine/mesh-names.js'
import { createWorkerPool } from '../../src/workers/worker-pool.js'

const within = { interval: 5, timeout: 20_000 }
const open: Running[] = []
afterEach(async () => {
  for (const { pool, clock } of open.splice(0)) {
    const drained = pool.drain({ deadlineMs: 1000 })
    // One that has just begun may not hear it; then its time is over.
    clock.advance(2000)
    await drained
  }
  await expect.poll(() => workers().length, within).toBe(0)
})

interface Running {
  readonly pool: DataPlane
  readonly clock: ReturnType<typeof createFakeClock>
  readonly logger: MemoryLogger
}

const workers = (): readonly Worker[] => Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined)

async function start(count: number): Promise<Running> {
  cluster.setupPrimary({ exec: fileURLToPath(new URL('./scripted-worker.mjs', import.meta.url)), execArgv: [], args: [] })
  const [clock, logger] = [createFakeClock(), createMemoryLogger()]
  const secrets = { names: () => [], get: () => undefined, subscribe: () => () => {}, follow: () => {}, close: () => {} }
  const pool = createWorkerPool(
    { count, secrets, names: createMeshNames('default', undefined), onRecord: () => {}, onRecovered: () => {} },
    { clock, logger },
  )
  const running = { pool, clock, logger }
  open.push(running)
  await pool.start()
  return running
}

/** A configuration that its workers answer as its name says. */
const named = (name: string): ProxyConfig => ({ ...emptyProxyConfig, clusters: [{ name, type: 'STATIC', connectTimeoutMs: 1000 }] })
const told = ({ logger }: Running, message: string): readonly unknown[] =>
  logger.records.filter((record) => record.message === message).map(({ fields }) => fields)

test('a configuration is applied when every worker has it, and not before', async () => {
  const { pool } = await start(3)
  let result: unknown
  const applying = pool.apply(named('wait-2')).then((applied) => (result = applied))
  // Whoever answers this has seen the configuration: workers hear and say everything in order.
  await pool.view()
  expect(result).toBeUndefined()
  for (const worker of workers()) worker.send({ kind: 'go' })
  await applying
  expect(result).toEqual({ kind: 'applied' })
})

test('what one worker refuses is refused, and named once', async () => {
  const { pool } = await start(2)
  const issue = { kind: 'listener', name: 'taken', message: 'its port is taken' }
  expect(await pool.apply(named('refused-1'))).toEqual({ kind: 'applied-in-part', issues: [issue] })
  expect(await pool.apply(named('refused'))).toEqual({ kind: 'applied-in-part', issues: [issue] })
  expect(await pool.apply(named('applied'))).toEqual({ kind: 'applied' })
})

test('a worker that ends over a configuration is not waited for, and its next one has the configuration before it serves', async () => {
  const running = await start(2)
  const { pool, clock } = running
  const applying = pool.apply(named('wait'))
  await expect.poll(() => workers().length, within).toBe(2)
  const [first, second] = workers()
  first?.send({ kind: 'end' })
  await expect.poll(() => told(running, 'a worker ended; another one takes its place').length, within).toBe(1)
  second?.send({ kind: 'go' })
  expect(await applying).toEqual({ kind: 'applied' })
  clock.advance(100)
  await expect.poll(() => workers().length, within).toBe(2)
  // It says that it serves when it has applied what the others have.
  const third = workers().find((worker) => worker !== second)
  await new Promise((resolve) => third?.once('message', resolve))
  expect(told(running, 'a worker serves')).toHaveLength(2)
  await expect.poll(() => (third?.send({ kind: 'go' }), told(running, 'a worker serves').length), within).toBe(3)
})

test('a worker that ends again and again is started later and later, up to five seconds', async () => {
  const running = await start(1)
  const { clock } = running
  const waits: unknown[] = []
  for (let ended = 1; ended <= 8; ended++) {
    await expect.poll(() => told(running, 'a worker serves').length, within).toBe(ended)
    workers()[0]?.send({ kind: 'end' })
    await expect.poll(() => told(running, 'a worker ended; another one takes its place').length, within).toBe(ended)
    const { inMs, reason } = told(running, 'a worker ended; another one takes its place').at(-1) as { inMs: number; reason: string }
    expect(reason).toBe('exit code 7')
    waits.push(inMs)
    clock.advance(inMs - 1)
    expect(workers()).toHaveLength(0)
    clock.advance(1)
    expect(workers()).toHaveLength(1)
  }
  expect(waits).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000])
})

test('a worker that lived for long is replaced at once', async () => {
  const running = await start(1)
  for (const _ of [1, 2]) {
    const served = told(running, 'a worker serves').length
    running.clock.advance(30_001)
    workers()[0]?.send({ kind: 'end' })
    await expect.poll(() => told(running, 'a worker ended; another one takes its place').length, within).toBe(served)
    expect(told(running, 'a worker ended; another one takes its place').at(-1)).toMatchObject({ inMs: 100 })
    running.clock.advance(100)
    await expect.poll(() => told(running, 'a worker serves').length, within).toBe(served + 1)
  }
})
