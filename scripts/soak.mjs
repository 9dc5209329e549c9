/**
 * `npm run soak`: what takes too long for every change. Without a part everything runs with full counts (some hours).
 *
 *   npm run soak -- fuzz --hours 1          mutated messages through the codecs, for an hour; without --hours 10,000,000
 *   npm run soak -- bulk aborts --scale .01 parts of the proxy with a hundredth of their counts
 *   npm run soak -- ca                    the authority: 1,000,000 hostile inputs, and kill -9 before each call of a start and a rotation
 *   npm run soak -- e2e --times 20          the end-to-end and fault tests again and again: what fails once in twenty runs fails
 *
 * Parts of the proxy: fuzz, bulk, slow-readers, idle, aborts, quiet. They end with a table.
 */
import { parseArgs } from 'node:util'
import { pnpm, runSteps } from './steps.mjs'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { times: { type: 'string', default: '20' }, hours: { type: 'string' }, scale: { type: 'string' }, seed: { type: 'string' } },
})
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
