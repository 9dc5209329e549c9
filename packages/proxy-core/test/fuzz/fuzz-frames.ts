/** Runs mutated conversations of HTTP/2 against the invariants; the same seed gives the same inputs. */
import { createSeededRandom } from '@heddle/base/testing'
import { FrameGrammar } from './frame-grammar.js'
import { readAsClient, readAsServer } from './read-frames.js'

export interface FrameFinding {
  readonly number: number
  readonly input: string
  readonly faults: readonly string[]
}

const findingsLimit = 10

/** @param role of the side that reads. @param isOver asked every thousand inputs. */
export function fuzzFrames(
  role: 'client' | 'server',
  seed: number,
  count: number,
  isOver: () => boolean = () => false,
): { readonly inputs: number; readonly findings: readonly FrameFinding[] } {
  const grammar = new FrameGrammar(createSeededRandom(seed), role === 'server' ? 'client' : 'server')
  const read = role === 'server' ? readAsServer : readAsClient
  const findings: FrameFinding[] = []
  let number = 0
  for (; number < count && findings.length < findingsLimit; number++) {
    if (number % 1000 === 999 && isOver()) break
    const bytes = grammar.conversation()
    const faults = check(read, bytes, grammar.cuts(bytes.length))
    if (faults.length > 0) findings.push({ number, input: bytes.toString('hex'), faults })
  }
  return { inputs: number, findings }
}

/** However the bytes are cut, they come to the same. */
function check(read: typeof readAsServer, bytes: Buffer, cuts: readonly number[]): readonly string[] {
  try {
    const whole = read(bytes, [])
    const cut = read(bytes, cuts)
    const faults = whole.filter((line) => line.startsWith('FAULT'))
    if (whole.join('\n') !== cut.join('\n'))
      faults.push(`in pieces at ${cuts.join(',')}: ${cut.join(' | ')}`, `as a whole: ${whole.join(' | ')}`)
    return faults
  } catch (error) {
    return [`threw ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`]
  }
}
