import { expect, test } from 'vitest'
import { fuzzAnswers } from './fuzz-answers.js'

const count = 60_000
const seed = 20_261_124

test(`${count} mutated answers (seed ${seed}) keep every invariant`, async () => {
  expect(await fuzzAnswers(seed, count)).toEqual({ inputs: count, findings: [] })
}, 120_000)
