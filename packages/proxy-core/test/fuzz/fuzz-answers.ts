/**
 * Runs mutated answers against the invariants: read in pieces they are the same, written again for a client they read as
 * the same, and what is taken as whole Node's parser takes as whole and as the same.
 */
import { createSeededRandom } from '@heddle/base/testing'
import { type OracleAnswer, readAnswersWithNode } from './answer-oracle.js'
import type { FuzzFinding, FuzzReport } from './fuzz-requests.js'
import { Grammar } from './grammar.js'
import { knownAnswerDifferences } from './known-differences.js'
import { type ReadAnswer, readAnswer } from './read-answer.js'

const findingsLimit = 20
const batch = 250
const methods = ['GET', 'GET', 'GET', 'POST', 'HEAD']

export interface AnswerInput {
  readonly method: string
  readonly bytes: Buffer
  readonly cuts: readonly number[]
  readonly fin: boolean
}

/** @param isOver asked after every batch. */
export async function fuzzAnswers(seed: number, count: number, isOver: () => boolean = () => false): Promise<FuzzReport> {
  const random = createSeededRandom(seed)
  const grammar = new Grammar(random)
  const findings: FuzzFinding[] = []
  let number = 0
  while (number < count && findings.length < findingsLimit && !isOver()) {
    const first = number
    const inputs: AnswerInput[] = []
    for (const end = Math.min(number + batch, count); number < end; number++) {
      const bytes = Buffer.from(grammar.answer(), 'latin1')
      const method = methods[Math.floor(random.next() * methods.length)] as string
      inputs.push({ method, bytes, cuts: grammar.cuts(bytes.length), fin: grammar.chance(0.3) })
    }
    for (const { index, faults } of await checkAnswers(inputs)) {
      findings.push({ seed, number: first + index, input: (inputs[index] as AnswerInput).bytes.toString('latin1'), faults })
    }
  }
  return { inputs: number, findings }
}

/** @returns the inputs for which something does not hold, and what. */
export async function checkAnswers(
  inputs: readonly AnswerInput[],
): Promise<readonly { readonly index: number; readonly faults: readonly string[] }[]> {
  const results = inputs.map(({ method, bytes, cuts, fin }, index) => {
    const answer = readAnswer(method, bytes, [], fin)
    return { index, answer, faults: [...splitFaults(answer, method, bytes, cuts, fin)] }
  })
  const accepted = results.filter(({ answer, faults }) => faults.length === 0 && answer.state === 'whole')
  const others = await readAnswersWithNode(accepted.map(({ index }) => inputs[index] as AnswerInput))
  accepted.forEach(({ index, answer, faults }, at) => {
    const { bytes, method } = inputs[index] as AnswerInput
    faults.push(...readOtherwise(answer, others[at] as OracleAnswer, bytes.toString('latin1'), method))
  })
  return results.filter(({ faults }) => faults.length > 0)
}

function splitFaults(whole: ReadAnswer, method: string, bytes: Buffer, cuts: readonly number[], fin: boolean): readonly string[] {
  if (cuts.length === 0) return []
  const cut = readAnswer(method, bytes, cuts, fin)
  const normal = (answer: ReadAnswer): string =>
    JSON.stringify(answer.state === 'broken' ? { status: answer.status, state: answer.state, reusable: answer.reusable } : answer)
  return normal(whole) === normal(cut) ? [] : [`read in pieces (${cuts.join()}) it is another: ${normal(whole)} / ${normal(cut)}`]
}

function readOtherwise(answer: ReadAnswer, other: OracleAnswer, text: string, method: string): readonly string[] {
  if (knownAnswerDifferences.some(({ applies }) => applies(answer, other.error, text))) return []
  if (!other.whole && method === 'HEAD' && other.status === answer.status) return []
  if (!other.whole) return [`accepted; Node says ${other.error || 'it is not whole'}`]
  const faults: string[] = []
  if (other.status !== answer.status) faults.push(`Node reads status ${other.status}, not ${answer.status}`)
  if (other.body !== answer.body) faults.push(`Node reads body ${JSON.stringify(other.body)}, not ${JSON.stringify(answer.body)}`)
  return faults
}
