/** Load on one port, from a process of its own on the other core. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { pinned } from '../running.js'
import { processFile } from '../upstream.js'

export interface LoadResult {
  /** How many units of the form were done: requests, connections, messages or megabytes. */
  readonly requests: number
  readonly seconds: number
  readonly errors: number
  /** Null where a latency makes no sense. */
  readonly p50Ms: number | null
  readonly p99Ms: number | null
}

export interface LoadGenerator {
  readonly name: string
  run(port: number, seconds: number): Promise<LoadResult>
}

const execute = promisify(execFile)

/** @throws with what the command wrote when it fails. */
export async function outputOf(core: number | undefined, command: readonly string[]): Promise<string> {
  const [program = '', ...args] = pinned(core, command)
  return (await execute(program, args, { maxBuffer: 1 << 26 })).stdout
}

/** One of our generators in `processes/`, which take their options as JSON and print a LoadResult. */
export async function runOwn(core: number | undefined, entry: string, options: Readonly<Record<string, unknown>>): Promise<LoadResult> {
  return JSON.parse(await outputOf(core, [process.execPath, processFile(entry), JSON.stringify(options)])) as LoadResult
}
