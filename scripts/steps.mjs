/** Runs named commands one after another and tells how long each took; the first failure ends it with that command's exit code. */
import { spawnSync } from 'node:child_process'

const env = { ...process.env, CI: 'true', TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1', npm_config_update_notifier: 'false' }

export const pnpm = (...args) => ['npx', '--yes', 'pnpm@12.21.0', ...args]

/** @param steps pairs of a title and a command with its arguments. */
export function runSteps(steps) {
  for (const [title, [command, ...args]] of steps) {
    const started = process.hrtime.bigint()
    process.stdout.write(`\n== ${title}: ${command} ${args.join(' ')}\n`)
    const result = spawnSync(command, args, { stdio: 'inherit', env, shell: process.platform === 'win32' })
    const seconds = (Number(process.hrtime.bigint() - started) / 1e9).toFixed(1)
    if (result.status !== 0) {
      process.stderr.write(`\n${title} failed after ${seconds} s (exit ${result.status ?? result.signal}).\n`)
      process.exit(result.status ?? 1)
    }
    process.stdout.write(`== ${title}: ok, ${seconds} s\n`)
  }
}
