/** Runs mutated requests against the invariants; the same seed gives the same inputs. */
import { createSeededRandom } from '@heddle/base/testing'
import { checkRequest } from './check-request.js'
import { Grammar } from './grammar.js'
import { NodeOracle } from './node-oracle.js'

export interface FuzzFinding {
  readonly seed: number
  readonly number: number
  readonly input: string
  readonly faults: readonly string[]
}

export interface FuzzReport {
  readonly inputs: number
  readonly findings: readonly FuzzFinding[]
}

const findingsLimit = 20

/** @param isOver asked every thousand inputs. */
export function fuzzRequests(seed: number, count: number, isOver: () => boolean = () => false): FuzzReport {
  const grammar = new Grammar(createSeededRandom(seed))
  const oracle = new NodeOracle()
  const findings: FuzzFinding[] = []
  let number = 0
  for (; number < count && findings.length < findingsLimit; number++) {
    if (number % 1000 === 999 && isOver()) break
    const input = grammar.requests()
    const bytes = Buffer.from(input, 'latin1')
    const options = { cuts: grammar.cuts(bytes.length), fin: grammar.chance(0.1) }
    let faults: readonly string[]
    try {
      faults = checkRequest(bytes, options, oracle)
    } catch (error) {
      faults = [`threw ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`]
    }
    if (faults.length > 0) findings.push({ seed, number, input, faults })
  }
  return { inputs: number, findings }
}
