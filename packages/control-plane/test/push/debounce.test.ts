import { createFakeClock } from '@heddle/base/testing'
import { describe, expect, it } from 'vitest'
import { createDebounce } from '../../src/push/debounce.js'

function harness() {
  const clock = createFakeClock()
  const actedAtMs: number[] = []
  const debounce = createDebounce({ quietMs: 30, maxMs: 1000 }, clock, () => actedAtMs.push(clock.monotonicMs()))
  return { clock, debounce, actedAtMs }
}

describe('a burst of changes', () => {
  it('is one action, a quiet time after its last change', () => {
    const { clock, debounce, actedAtMs } = harness()
    for (let change = 0; change < 5; change++) {
      debounce.trigger(false)
      clock.advance(10)
    }
    expect(actedAtMs).toEqual([])
    clock.advance(20)
    expect(actedAtMs).toEqual([70])
  })

  it('that never ends is acted upon once a second', () => {
    const { clock, debounce, actedAtMs } = harness()
    for (let elapsedMs = 0; elapsedMs < 2100; elapsedMs += 10) {
      debounce.trigger(false)
      clock.advance(10)
    }
    expect(actedAtMs).toEqual([1000, 2000])
  })
})

describe('an urgent change', () => {
  it('is acted upon at once, and takes what waited along', () => {
    const { clock, debounce, actedAtMs } = harness()
    debounce.trigger(false)
    clock.advance(5)
    debounce.trigger(true)
    expect(actedAtMs).toEqual([5])
    clock.advance(2000)
    expect(actedAtMs).toEqual([5])
  })

  it('waits out the quiet time after an action, so that a hundred of them are few actions', () => {
    const { clock, debounce, actedAtMs } = harness()
    for (let change = 0; change < 100; change++) {
      debounce.trigger(true)
      clock.advance(1)
    }
    expect(actedAtMs).toEqual([0, 30, 60, 90])
  })
})

it('does nothing after it was closed', () => {
  const { clock, debounce, actedAtMs } = harness()
  debounce.trigger(false)
  debounce.close()
  clock.advance(2000)
  expect(actedAtMs).toEqual([])
  expect(clock.pendingTimers()).toBe(0)
})
