/**
 * The long runs of the proxy, one part after the other: `main.ts [PART...] [--hours N] [--scale N]`. Says what it does while
 * it does it, ends with a table, and with exit code 1 when a part was not fine.
 */
import { parseArgs } from 'node:util'
import { systemClock } from '@heddle/base/node'
import { fuzzAnswers } from '../fuzz/fuzz-answers.js'
import { fuzzFrames } from '../fuzz/fuzz-frames.js'
import { fuzzRequests } from '../fuzz/fuzz-requests.js'
import { floods } from './flood-part.js'
import { handshakes } from './handshake-part.js'
import { aborts, bulk, idle, idleTime, type PartResult, slowReaders } from './memory-parts.js'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { hours: { type: 'string' }, scale: { type: 'string', default: '1' }, seed: { type: 'string' } },
})
const hours = values.hours === undefined ? undefined : Number(values.hours)
const scale = Number(values.scale)
const firstSeed = Number(values.seed ?? systemClock.now() % 1_000_000_000)
const batch = 100_000
const gibi = 1024 ** 3

const say = (text: string): void => void process.stdout.write(`${text}\n`)
const scaled = (count: number): number => Math.max(1, Math.round(count * scale))

/** Every part with its full count. */
const parts: Readonly<Record<string, () => Promise<PartResult>>> = {
  fuzz: () => fuzz('fuzz', scaled(10_000_000), (seed, isOver) => (seed % 4 === 0 ? fuzzAnswers : fuzzRequests)(seed, batch, isOver)),
  'fuzz-frames': () =>
    fuzz('fuzz-frames', scaled(2_000_000), (seed, isOver) => fuzzFrames(seed % 2 === 0 ? 'server' : 'client', seed, batch, isOver)),
  bulk: () => bulk(scaled(10 * gibi)),
  'slow-readers': () => slowReaders(200, 32 * 1024 * 1024),
  idle: () => idle(scaled(10_000)),
  aborts: () => aborts(scaled(1_000_000)),
  quiet: () => idleTime(60, 100, 100),
  floods: () => floods({ connections: 100, seconds: scaled(30), maxP99Ms: 50 }),
  handshakes: () => handshakes(2000, scaled(30)),
}

interface Report {
  readonly inputs: number
  readonly findings: readonly { readonly number: number; readonly input: string; readonly faults: readonly string[] }[]
}

/** New seeds until the count, or the time, is reached. */
async function fuzz(
  part: string,
  count: number,
  run: (seed: number, isOver: () => boolean) => Report | Promise<Report>,
): Promise<PartResult> {
  const endMs = hours === undefined ? Infinity : systemClock.monotonicMs() + hours * 3_600_000
  const isOver = (): boolean => systemClock.monotonicMs() >= endMs
  let inputs = 0
  let findings = 0
  for (let seed = firstSeed; hours === undefined ? inputs < count : !isOver(); seed++) {
    const report = await run(seed, isOver)
    inputs += report.inputs
    findings += report.findings.length
    for (const { number, input, faults } of report.findings)
      say(`  seed ${seed} input ${number}: ${JSON.stringify(input)} ${faults.join('; ')}`)
    if ((seed - firstSeed) % 10 === 9) say(`  ${inputs} inputs`)
  }
  return { part, done: `${inputs} inputs from seed ${firstSeed}`, found: `${findings} findings`, fine: findings === 0 }
}

const unknown = [
  ...positionals.filter((name) => !(name in parts)),
  ...(Number.isFinite(scale) && scale > 0 ? [] : [`--scale ${values.scale}`]),
]
if (unknown.length > 0 || Number.isNaN(hours)) {
  process.stderr.write(`${unknown.join(', ') || '--hours'} is not known here; parts are ${Object.keys(parts).join(', ')}\n`)
  process.exit(64)
}
const results: (PartResult & { readonly seconds: string })[] = []
for (const [name, run] of Object.entries(parts)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue
  say(`== ${name}`)
  const startMs = systemClock.monotonicMs()
  const result = await run()
  results.push({ ...result, seconds: ((systemClock.monotonicMs() - startMs) / 1000).toFixed(0) })
  say(`  ${result.done}: ${result.found}`)
}
say('\n| part | done | found | fine | seconds |\n|---|---|---|---|---|')
for (const { part, done, found, fine, seconds } of results) say(`| ${part} | ${done} | ${found} | ${fine ? 'yes' : 'NO'} | ${seconds} |`)
process.exitCode = results.every(({ fine }) => fine) ? 0 : 1
