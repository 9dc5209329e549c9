import { createFakeClock } from '@heddle/base/testing'
import { isHeddleError } from '@heddle/base'
import { expect, it } from 'vitest'
import { watchCrashes } from '../../src/mesh/crash-watch.js'
import { createStartDeadline, startDeadlineMs } from '../../src/mesh/start-deadline.js'
import { pod, startPlatform, types } from '../cli.fixture.js'

it('a container that crashes is named once, with the last line of its log', async () => {
  const mesh = await startPlatform({
    async *logs(_namespace, name, { container, tailLines }) {
      yield new TextEncoder().encode(`${name} ${container} last ${tailLines}\n`)
    },
    // oxlint-disable-next-line require-yield -- nothing is run here
    async *exec() {},
  })
  const crash = (restartCount: number): object => ({
    status: { containerStatuses: [{ name: 'app', restartCount, state: { waiting: { reason: 'CrashLoopBackOff' } } }] },
  })
  const texts: string[] = []
  let onText = (): void => {}
  const next = async (): Promise<void> => new Promise((resolve) => (onText = resolve))
  const end = watchCrashes(mesh.client, 'default', (text) => {
    texts.push(text)
    onText()
  })
  try {
    for (const name of ['first', 'second']) {
      const told = next()
      await mesh.client.create(types.pods, pod(name))
      await mesh.client.patch(types.pods, name, crash(1), 'default', 'status')
      await mesh.client.patch(types.pods, name, crash(2), 'default', 'status')
      await told
    }
  } finally {
    await end()
    await mesh.close()
  }
  expect(texts).toEqual(['first', 'second'].map((name) => `container app of ${name} crashes again and again: ${name} app last 1`))
})

it('a mesh that does not start in time is given up', () => {
  const clock = createFakeClock()
  const deadline = createStartDeadline(new AbortController().signal, 'look there', clock)
  clock.advance(startDeadlineMs - 1)
  expect(deadline.signal.aborted).toBe(false)
  clock.advance(1)
  expect(isHeddleError(deadline.signal.reason, 'HEDDLE_CLI_TIMEOUT')).toBe(true)
})
