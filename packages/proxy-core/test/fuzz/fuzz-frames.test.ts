import { expect, test } from 'vitest'
import { fuzzFrames } from './fuzz-frames.js'

/** `HEDDLE_FUZZ_FRAMES` asks for more. */
const count = Number(process.env['HEDDLE_FUZZ_FRAMES'] ?? 15_000)
const seed = 20_261_125

test.each(['server', 'client'] as const)(
  `${count} mutated conversations (seed ${seed}) keep every invariant of the %s`,
  (role) => {
    expect(fuzzFrames(role, seed, count)).toEqual({ inputs: count, findings: [] })
  },
  3_600_000,
)
