/** Packs every public package as a release would and lets publint and attw look at the tarballs, so that publishConfig is what is judged. */
import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { pnpm } from './steps.mjs'

const out = mkdtempSync(join(tmpdir(), 'heddle-pack-'))
const bin = (name) => join('node_modules', '.bin', name)
/** Entries that are only ever preloaded have nothing to type. */
const sideEffectEntries = ['--exclude-entrypoints', 'register']
/** Bytes of a tarball; embedders download it. */
const sizeLimits = { 'heddle-proxy-core-': 120 * 1024 }
let failed = false

function pack() {
  const manifests = readdirSync('packages').map((folder) => JSON.parse(readFileSync(join('packages', folder, 'package.json'), 'utf8')))
  const filters = manifests.filter((manifest) => !manifest.private).flatMap(({ name }) => ['--filter', name])
  const [command, ...args] = pnpm(...filters, 'pack', '--pack-destination', out)
  execFileSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  return readdirSync(out).map((tarball) => join(out, tarball))
}

function judge([command, ...args]) {
  return new Promise((done) => {
    execFile(bin(command), args, (error, stdout, stderr) => {
      if (error) {
        failed = true
        process.stderr.write(`${[command, ...args].join(' ')}\n${stdout}${stderr}\n`)
      }
      done()
    })
  })
}

function weigh(tarball) {
  const [, limit] = Object.entries(sizeLimits).find(([prefix]) => basename(tarball).startsWith(prefix)) ?? []
  const { size } = statSync(tarball)
  if (limit === undefined || size <= limit) return
  failed = true
  process.stderr.write(`${basename(tarball)} has ${size} bytes, ${limit} are allowed\n`)
}

try {
  const tarballs = pack()
  tarballs.forEach(weigh)
  const waiting = tarballs.flatMap((tarball) => [
    ['publint', 'run', tarball, '--strict'],
    ['attw', tarball, '--profile', 'esm-only', '--format', 'ascii', ...sideEffectEntries],
  ])
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await judge(next)
  }
  await Promise.all(Array.from({ length: availableParallelism() }, work))
} finally {
  rmSync(out, { recursive: true, force: true })
}
process.exitCode = failed ? 1 : 0
