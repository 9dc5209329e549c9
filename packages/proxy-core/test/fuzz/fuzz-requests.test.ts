import { expect, test } from 'vitest'
import { fuzzRequests } from './fuzz-requests.js'

/** With the 60,000 answers beside it: 200,000 inputs. More under `npm run soak -- fuzz`. */
const count = 140_000
const seed = 20_261_123

test(`${count} mutated requests (seed ${seed}) keep every invariant`, () => {
  expect(fuzzRequests(seed, count)).toEqual({ inputs: count, findings: [] })
}, 120_000)
