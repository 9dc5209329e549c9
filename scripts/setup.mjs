/** Installs what the lock file names and builds the JavaScript that changed; both are no-ops when nothing did. */
import { spawn } from 'node:child_process'

const pnpm = ['--yes', 'pnpm@12.21.0']
const env = { ...process.env, CI: 'true', TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' }
/** What takes longer says what it is. */
const patienceMs = 2500

async function run(label, args) {
  const child = spawn('npx', [...pnpm, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'], shell: process.platform === 'win32' })
  const output = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => output.push(chunk))
  const patience = setTimeout(() => process.stderr.write(`  ${label} ...\n`), patienceMs)
  const status = await new Promise((resolve) => {
    child.once('error', (error) => {
      output.push(Buffer.from(`${error.message}\n`))
      resolve(1)
    })
    child.once('close', (code) => resolve(code ?? 1))
  })
  clearTimeout(patience)
  if (status === 0) return
  process.stderr.write(
    `${Buffer.concat(output).toString()}\n${label} failed (exit ${status}). Run it by hand to see more: npx ${[...pnpm, ...args].join(' ')}\n`,
  )
  process.exit(status)
}

await run('installing the dependencies', ['install', '--frozen-lockfile', '--prefer-offline'])
await run('building', ['exec', 'turbo', 'run', 'build:js', '--output-logs=errors-only'])
