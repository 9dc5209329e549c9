/** `npm run soak -- --times 20`: the end-to-end and fault tests again and again, since what fails once in twenty runs fails. Stops at the first failure. */
import { parseArgs } from 'node:util'
import { pnpm, runSteps } from './steps.mjs'

const { values } = parseArgs({ options: { times: { type: 'string', default: '20' } } })
const times = Number(values.times)
if (!Number.isInteger(times) || times < 1) {
  process.stderr.write(`--times ${values.times} is not a number of runs, such as 20\n`)
  process.exit(64)
}
runSteps(
  Array.from({ length: times }, (_, index) => [`run ${index + 1} of ${times}`, pnpm('exec', 'vitest', 'run', 'test/e2e', 'test/faults')]),
)
