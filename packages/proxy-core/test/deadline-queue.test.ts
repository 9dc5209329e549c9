import { expect, test } from 'vitest'
import { createFakeClock, createSeededRandom } from '@heddle/base/testing'
import { type DeadlineEntry, DeadlineQueue } from '../src/deadline-queue.js'

function entry(fired: number[]): DeadlineEntry {
  return { heapIndex: -1, dueMs: 0, deadlineMs: 0, onDeadline: (nowMs) => void fired.push(nowMs) }
}

test('a deadline that moves later fires once, at its last place', () => {
  const clock = createFakeClock()
  const queue = new DeadlineQueue(clock)
  const fired: number[] = []
  const one = entry(fired)
  queue.set(one, 100)
  queue.set(one, 300)
  clock.advance(250)
  expect(fired).toEqual([])
  clock.advance(100)
  expect(fired).toEqual([300])
})

test('many entries fire in order, and removed or cleared ones never', () => {
  const clock = createFakeClock()
  const queue = new DeadlineQueue(clock)
  const random = createSeededRandom(3)
  const fired: number[] = []
  const wanted: number[] = []
  for (let index = 0; index < 300; index++) {
    const item = entry(fired)
    const dueMs = 1 + Math.floor(random.next() * 1000)
    queue.set(item, dueMs)
    if (index % 3 === 0) queue.remove(item)
    else if (index % 3 === 1) queue.set(item, 0)
    else wanted.push(dueMs)
  }
  clock.advance(2000)
  expect(fired).toEqual(wanted.toSorted((a, b) => a - b))
  expect(clock.pendingTimers()).toBe(0)
})
