/** Installs what the lock file names and builds the JavaScript that changed; both are no-ops when nothing did. */
import { spawnSync } from 'node:child_process'

const pnpm = ['--yes', 'pnpm@12.21.0']
const env = { ...process.env, CI: 'true', TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' }

function run(label, args) {
  const result = spawnSync('npx', [...pnpm, ...args], { env, encoding: 'utf8', shell: process.platform === 'win32' })
  if (result.status === 0) return
  process.stderr.write(
    `${result.stdout}${result.stderr}\n${label} failed (exit ${result.status}). Run it by hand to see more: npx ${[...pnpm, ...args].join(' ')}\n`,
  )
  process.exit(result.status ?? 1)
}

run('installing the dependencies', ['install', '--frozen-lockfile', '--prefer-offline'])
run('building', ['exec', 'turbo', 'run', 'build:js', '--output-logs=errors-only'])
