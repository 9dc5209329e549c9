import { createFakeClock } from '@heddle/base/testing'
import { expect, it } from 'vitest'
import { createRecordBatch } from '../../src/workers/record-batch.js'
import type { AccessEntry } from '../../src/workers/worker-messages.js'

const entry = (bytes: number): AccessEntry =>
  ({ kind: 'tcp', startTimeMs: 0, durationMs: 0, receivedBytes: bytes, sentBytes: 0, tags: {} }) as never

it('sends what came within a tenth of a second together, and a full batch at once', () => {
  const sent: number[] = []
  const clock = createFakeClock()
  const batch = createRecordBatch((entries) => (sent.push(entries.length), Promise.resolve()), clock)
  batch.add(entry(1))
  batch.add(entry(2))
  expect(sent).toEqual([])
  clock.advance(100)
  expect(sent).toEqual([2])
  for (let count = 0; count < 256; count++) batch.add(entry(count))
  expect(sent).toEqual([2, 256])
  expect(clock.pendingTimers()).toBe(0)
})

it('drops batches while the channel takes none', () => {
  const sent: number[] = []
  const clock = createFakeClock()
  const batch = createRecordBatch((entries) => (sent.push(entries.length), new Promise(() => {})), clock)
  for (let count = 0; count < 20; count++) {
    batch.add(entry(count))
    batch.flush()
  }
  expect(sent).toHaveLength(16)
})
