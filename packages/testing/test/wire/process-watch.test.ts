/** The watch is watched: it finds what holds the loop up and what stays open, and blames nobody for a machine that is busy. */
import { once } from 'node:events'
import { createServer } from 'node:net'
import { delay } from '@heddle/base'
import { systemClock } from '@heddle/base/node'
import { watchProcess } from '@heddle/testing'
import { expect, test } from 'vitest'

function compute(ms: number): void {
  const start = process.cpuUsage()
  for (let used = 0; used < ms * 1000;) {
    const { user, system } = process.cpuUsage(start)
    used = user + system
  }
}

test('finds a loop that is held up by work', async () => {
  const watch = watchProcess()
  for (let round = 0; round < 3; round++) {
    compute(150)
    await delay(systemClock, 1)
  }
  expect((await watch.end()).join()).toMatch(/late by \d{2,} ms/)
})

test('does not count time in which the process did not run', async () => {
  const watch = watchProcess()
  const nothing = new Int32Array(new SharedArrayBuffer(4))
  for (let round = 0; round < 3; round++) {
    Atomics.wait(nothing, 0, 0, 150)
    await delay(systemClock, 1)
  }
  expect(await watch.end()).toEqual([])
})

test('finds what stays open', async () => {
  const watch = watchProcess({ patienceMs: 20 })
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  expect((await watch.end()).join()).toMatch(/1 TCPServerWrap more than before/)
  server.close()
  await once(server, 'close')
})
