/**
 * Runs in a package's folder before `npm pack` and `pnpm pack`: builds what will be packed, declarations too, and writes plain
 * version ranges into package.json, since npm knows neither `workspace:` nor `catalog:`. `postpack.mjs` puts the files back.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { keptManifest } from './kept-manifest.mjs'
import { bringPages } from './packed-pages.mjs'
import { pnpm } from './steps.mjs'

const root = join(import.meta.dirname, '..')
// A pack that was cut off left the packed manifest behind.
const text = readFileSync(existsSync(keptManifest) ? keptManifest : 'package.json', 'utf8')
const manifest = JSON.parse(text)

// Who packs everything at once has built everything at once.
if (!process.env['HEDDLE_IS_BUILT']) build()

const catalog = catalogOf(readFileSync(join(root, 'pnpm-workspace.yaml'), 'utf8'))
writeFileSync(keptManifest, text)
for (const field of ['dependencies', 'peerDependencies', 'optionalDependencies']) {
  for (const [name, range] of Object.entries(manifest[field] ?? {})) manifest[field][name] = plainRange(name, range)
}
if (bringPages(root)) manifest.files = [...manifest.files, 'docs']
writeFileSync('package.json', `${JSON.stringify(manifest, null, 2)}\n`)

function build() {
  const [command, ...args] = pnpm(
    'exec',
    'turbo',
    'run',
    'build:js',
    'build:types',
    `--filter=${manifest.name}`,
    '--output-logs=errors-only',
  )
  // What npm prints on stdout is the tarball's name.
  execFileSync(command, args, { cwd: root, stdio: ['ignore', 2, 2], env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1' } })
}

function plainRange(name, range) {
  if (range === 'catalog:') {
    const version = catalog.get(name)
    if (version === undefined) throw new Error(`${name} is not in the catalog of pnpm-workspace.yaml`)
    return version
  }
  if (!range.startsWith('workspace:')) return range
  const { version } = JSON.parse(readFileSync(join('node_modules', name, 'package.json'), 'utf8'))
  const prefix = range.slice('workspace:'.length)
  return prefix === '^' || prefix === '~' ? `${prefix}${version}` : version
}

/** The entries of the one catalog: lines of two blanks, a name and a version. */
function catalogOf(yaml) {
  const [, section = ''] = /^catalog:\n((?: .*\n|\n)*)/m.exec(yaml) ?? []
  return new Map([...section.matchAll(/^ {2}'?([^':\n]+)'?: '?([^'\n]+)'?$/gm)].map(([, name, version]) => [name, version]))
}
