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
const env = { ...process.env, HEDDLE_IS_BUILT: 'yes' }
let failed = false

function pack() {
  const manifests = readdirSync('packages').map((folder) => JSON.parse(readFileSync(join('packages', folder, 'package.json'), 'utf8')))
  const filters = manifests.filter((manifest) => !manifest.private).flatMap(({ name }) => ['--filter', name])
  const [command, ...args] = pnpm(...filters, 'pack', '--pack-destination', out)
  execFileSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'], env })
  return readdirSync(out).map((tarball) => join(out, tarball))
}

/** npm knows no `workspace:` and no `catalog:`; what `npm pack` makes has to install without pnpm, too. */
function packWithNpm(folder) {
  const into = mkdtempSync(join(out, 'npm-'))
  execFileSync('npm', ['pack', '--pack-destination', into], { cwd: folder, stdio: ['ignore', 'ignore', 'ignore'], env })
  const [tarball = ''] = readdirSync(into)
  const { dependencies } = JSON.parse(execFileSync('tar', ['-xOf', join(into, tarball), 'package/package.json'], { encoding: 'utf8' }))
  const odd = Object.entries(dependencies).filter(([, range]) => /^(?:workspace|catalog):/.test(range))
  rmSync(into, { recursive: true })
  if (odd.length === 0) return
  failed = true
  process.stderr.write(`npm pack of ${folder} depends on ${odd.map((entry) => entry.join('@')).join(', ')}\n`)
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

/** A link of a README leads to a file of its own tarball, or out into the world. */
function followLinks(tarball) {
  const files = new Set(execFileSync('tar', ['-tf', tarball], { encoding: 'utf8' }).split('\n'))
  const readme = execFileSync('tar', ['-xOf', tarball, 'package/README.md'], { encoding: 'utf8' })
  const links = [...readme.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link]) => link)
  const dead = links.filter((link) => !files.has(join('package', link)))
  if (dead.length === 0) return
  failed = true
  process.stderr.write(`${basename(tarball)}: its README links ${dead.join(', ')}, which it does not hold\n`)
}

try {
  packWithNpm(join('packages', 'config-schema'))
  const tarballs = pack()
  tarballs.forEach(weigh)
  tarballs.forEach(followLinks)
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
