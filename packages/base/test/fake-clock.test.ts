import { describe, expect, it } from 'vitest'
import { delay } from '../src/index.js'
import { createFakeClock, createSeededRandom } from '../src/testing.js'

describe('the fake clock', () => {
  it('fires timers in the order they are due, each at its own time', () => {
    const clock = createFakeClock(1000)
    const fired: [string, number][] = []
    clock.setTimer(20, () => fired.push(['late', clock.now()]))
    clock.setTimer(10, () => {
      fired.push(['early', clock.now()])
      clock.setTimer(5, () => fired.push(['nested', clock.now()]))
    })
    clock.setTimer(30, () => fired.push(['never', 0])).cancel()
    clock.advance(25)
    expect(fired).toEqual([
      ['early', 1010],
      ['nested', 1015],
      ['late', 1020],
    ])
    expect(clock.monotonicMs()).toBe(25)
    expect(clock.pendingTimers()).toBe(0)
  })
})

describe('delay', () => {
  it('ends with its time or with its signal, and leaves no timer behind', async () => {
    const clock = createFakeClock()
    const done = delay(clock, 100)
    clock.advance(100)
    await done
    const abort = new AbortController()
    const stopped = delay(clock, 100, abort.signal)
    abort.abort(new Error('enough'))
    await expect(stopped).rejects.toThrow('enough')
    await expect(delay(clock, 100, abort.signal)).rejects.toThrow('enough')
    expect(clock.pendingTimers()).toBe(0)
  })
})

describe('seeded randomness', () => {
  it('repeats for the same seed and stays in range', () => {
    const draw = (seed: number): readonly number[] => {
      const random = createSeededRandom(seed)
      return Array.from({ length: 1000 }, () => random.next())
    }
    expect(draw(1)).toEqual(draw(1))
    expect(draw(1)).not.toEqual(draw(2))
    expect(draw(3).every((value) => value >= 0 && value < 1)).toBe(true)
    expect(createSeededRandom(1).bytes(16)).toHaveLength(16)
  })
})
