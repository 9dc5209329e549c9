/**
 * What our engine allocates for a request: a process of its own under `--trace-gc-nvp`, in which V8 says at each collection
 * how many bytes were allocated since the last one, over some 100,000 requests between two full collections.
 */
import { setTimeout as wait } from 'node:timers/promises'
import type { Contender } from './contender.js'
import { enter, type EntryOptions, type Grounds } from './entrants.js'
import type { LoadGenerator } from './load/load.js'
import type { Running } from './running.js'

export interface Allocations {
  readonly allocatedBytesPerRequest: number
  readonly retainedBytesPerRequest: number
}

export interface AllocationOptions {
  readonly contender: Contender
  readonly load: LoadGenerator
  /** At least so many, if they fit into five seconds. */
  readonly requests: number
  readonly entry: EntryOptions
}

const warmUpSeconds = 1
/** On a machine that is too busy for all the requests, fewer have to do. */
const longestSeconds = 5

/** Undefined when the contender is not here. @throws when V8 did not say what was asked. */
export async function measureAllocations(
  { contender, load, requests, entry }: AllocationOptions,
  grounds: Grounds,
  started: Running[],
): Promise<Allocations | undefined> {
  let output = ''
  const nodeOptions = ['--expose-gc', '--trace-gc-nvp']
  const entrant = await enter(contender, grounds, { ...entry, nodeOptions, onOutput: (text) => (output += text) }, started)
  const running = started.at(-1)
  if (!entrant || !running) return undefined
  await load.run(entrant.port, warmUpSeconds)
  const collect = async (): Promise<number> => {
    const from = output.length
    process.kill(running.pid, 'SIGUSR2')
    for (let turn = 0; turn < 500; turn++) {
      const used = /^collected (\d+)$/m.exec(output.slice(from))?.[1]
      if (used !== undefined) return Number(used)
      await wait(10)
    }
    throw new Error('the garbage was not collected within five seconds')
  }
  const heapBefore = await collect()
  output = ''
  let done = 0
  for (let second = 0; done < requests && second < longestSeconds; second++) {
    const { requests: more } = await load.run(entrant.port, 1)
    if (more === 0) throw new Error(`${contender.name} answers nothing`)
    done += more
  }
  const heapAfter = await collect()
  const allocated = allocatedBytes(output)
  await entrant.stop()
  return {
    allocatedBytesPerRequest: Math.round(allocated / done),
    retainedBytesPerRequest: Number(((heapAfter - heapBefore) / done).toFixed(2)),
  }
}

/** The sum over V8's lines, one for each collection; it prints a negative number as 64 bits without a sign. */
export function allocatedBytes(trace: string): number {
  return [...trace.matchAll(/\ballocated=(\d+)/g)].reduce((sum, [, bytes]) => sum + Number(BigInt.asIntN(64, BigInt(bytes as string))), 0)
}
