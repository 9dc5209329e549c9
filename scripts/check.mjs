/** Everything that is judged without running the product: lint, format, types, the package arrows, and what would be published. */
import { pnpm, runSteps } from './steps.mjs'

runSteps([
  ['lint', pnpm('exec', 'oxlint', '--type-aware')],
  ['format', pnpm('exec', 'oxfmt', '--check')],
  ['types', pnpm('exec', 'turbo', 'run', 'typecheck', '--output-logs=errors-only')],
  ['types of tests and scripts', pnpm('exec', 'tsc', '-p', 'test')],
  ['arrows', pnpm('exec', 'vitest', 'run', 'test/arrows.test.ts')],
  ['build', pnpm('exec', 'turbo', 'run', 'build:js', 'build:types', '--output-logs=errors-only')],
  ['published packages (publint, attw)', ['node', 'scripts/check-published.mjs']],
  ['unused code and dependencies', pnpm('exec', 'knip')],
])
