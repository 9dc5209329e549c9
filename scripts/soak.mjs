/** `npm run soak`: what takes too long for every change; `--help` names the parts. */
import { parseArgs } from 'node:util'
import { pnpm, runSteps } from './steps.mjs'

const usage = `npm run soak [-- PART...] [--hours N] [--scale N] [--seed N] [--times N]

  fuzz          10,000,000 mutated messages of HTTP/1.1 through the codecs
  fuzz-frames   2,000,000 mutated conversations of HTTP/2, on either side
  bulk          10 GiB each way over TCP: memory stays
  slow-readers  200 clients that read nothing
  idle          10,000 idle connections
  aborts        1,000,000 requests that their client leaves
  quiet         no CPU while nothing happens
  floods        30 s of each of seven floods of HTTP/2, beside a neighbour
  handshakes    2,000 TLS handshakes a second for 30 s, beside probes and whole calls
  ca            1,000,000 hostile inputs to the authority, kill -9 before each call of a start and a rotation, and at 1,000 moments
  e2e           the end-to-end and fault tests again and again

  Without a part everything runs, which takes some hours.
  --hours N     fuzz so long instead of so many inputs
  --scale N     a share of the counts, such as 0.01
  --seed N      the first seed of fuzz and fuzz-frames, to repeat a run
  --times N     rounds of e2e (default: 20)
`
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    times: { type: 'string', default: '20' },
    hours: { type: 'string' },
    scale: { type: 'string' },
    seed: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
if (values.help) {
  process.stdout.write(usage)
  process.exit(0)
}
const times = Number(values.times)
if (!Number.isInteger(times) || times < 1) {
  process.stderr.write(`--times ${values.times} is not a number of runs, such as 20\n`)
  process.exit(64)
}
const proxyParts = positionals.filter((part) => part !== 'e2e' && part !== 'ca')
const options = ['hours', 'scale', 'seed'].flatMap((name) => (values[name] === undefined ? [] : [`--${name}`, values[name]]))
const program = ['node', '--conditions=@heddle/source', '--import', 'tsx', 'packages/proxy-core/test/soak/main.ts']
const isAll = positionals.length === 0
const authority = [
  'env',
  'HEDDLE_FUZZ_RUNS=1000000',
  'HEDDLE_CRASH_STRIDE=1',
  'HEDDLE_CRASH_MOMENTS=1000',
  ...pnpm('exec', 'vitest', 'run', 'packages/ca/test/fuzz', 'packages/ca/test/store'),
]
runSteps([
  ...(isAll || proxyParts.length > 0 ? [['the proxy', [...program, ...proxyParts, ...options]]] : []),
  ...(isAll || positionals.includes('ca') ? [['the authority', authority]] : []),
  ...Array.from({ length: isAll || positionals.includes('e2e') ? times : 0 }, (_, index) => [
    `run ${index + 1} of ${times}`,
    pnpm('exec', 'vitest', 'run', 'test/e2e', 'test/faults'),
  ]),
])
