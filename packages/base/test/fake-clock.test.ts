import { describe, expect, it } from 'vitest'
import { delay, setWallTimer } from '../src/index.js'
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

describe('a timer of the wall clock', () => {
  const dayMs = 86_400_000
  const start = () => {
    const clock = createFakeClock()
    const fired: number[] = []
    const timer = setWallTimer(clock, dayMs, () => fired.push(clock.now()))
    return { clock, fired, timer, dueMs: clock.now() + dayMs }
  }

  it('fires once, at its time', () => {
    const { clock, fired, dueMs } = start()
    clock.advance(dayMs - 1)
    expect(fired).toEqual([])
    clock.advance(2 * dayMs)
    expect(fired).toEqual([dueMs])
    expect(clock.pendingTimers()).toBe(0)
  })

  it('is not put off by a sleep of the machine', () => {
    const { clock, fired } = start()
    clock.advance(1000)
    clock.sleep(2 * dayMs)
    expect(fired).toEqual([])
    clock.advance(30_000)
    expect(fired).toHaveLength(1)
  })

  it('does not wait for a clock that was set back', () => {
    const { clock, fired } = start()
    clock.sleep(-365 * dayMs)
    clock.advance(dayMs)
    expect(fired).toHaveLength(1)
  })

  it('waits for more than the 24.8 days of a timer of Node', () => {
    const clock = createFakeClock()
    const delays: number[] = []
    const setTimer: typeof clock.setTimer = (delayMs, callback) => {
      delays.push(delayMs)
      return clock.setTimer(delayMs, callback)
    }
    let fired = 0
    setWallTimer({ ...clock, setTimer }, 45 * dayMs, () => fired++)
    clock.advance(45 * dayMs - 1)
    expect(fired).toBe(0)
    clock.advance(1)
    expect(fired).toBe(1)
    expect(delays.every((delayMs) => delayMs < 2 ** 31)).toBe(true)
  })

  it('is cancelled after any number of ticks', () => {
    const { clock, fired, timer } = start()
    clock.advance(dayMs / 2)
    timer.cancel()
    clock.advance(dayMs)
    expect(fired).toEqual([])
    expect(clock.pendingTimers()).toBe(0)
  })
})
