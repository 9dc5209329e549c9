import { expect, test } from 'vitest'
import { createFakeClock } from '@heddle/base/testing'
import { DeadlineQueue } from '../../src/deadline-queue.js'
import { RequestDeadlines } from '../../src/router/request-deadlines.js'

function timed() {
  const clock = createFakeClock()
  const fired: string[] = []
  const deadlines = new RequestDeadlines(new DeadlineQueue(clock), {
    onRouteTimeout: () => void fired.push(`route ${clock.monotonicMs()}`),
    onTryTimeout: () => void fired.push(`try ${clock.monotonicMs()}`),
    onStreamTimeout: () => void fired.push(`stream ${clock.monotonicMs()}`),
  })
  return { clock, fired, deadlines }
}

test('tries time out one after the other, and the route over all of them', () => {
  const { clock, fired, deadlines } = timed()
  deadlines.startRoute(1000)
  deadlines.startTry(400)
  clock.advance(500)
  deadlines.startTry(900)
  clock.advance(600)
  expect(fired).toEqual(['try 400', 'try 900', 'route 1000'])
})

test('a try that ended in time leaves the route its deadline', () => {
  const { clock, fired, deadlines } = timed()
  deadlines.startTry(400)
  deadlines.startRoute(1000)
  deadlines.endTry()
  clock.advance(2000)
  expect(fired).toEqual(['route 1000'])
})

test('after the end nothing fires', () => {
  const { clock, fired, deadlines } = timed()
  deadlines.startRoute(1000)
  deadlines.end()
  clock.advance(2000)
  expect(fired).toEqual([])
  expect(clock.pendingTimers()).toBeLessThanOrEqual(1)
})

test('the life of the stream ends before a later route timeout', () => {
  const { clock, fired, deadlines } = timed()
  deadlines.startRoute(100)
  deadlines.startStream(60)
  clock.advance(60)
  expect(fired).toEqual(['stream 60'])
})
