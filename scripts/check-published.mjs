/** Packs every public package as a release would and lets publint and attw look at the tarballs, so that publishConfig is what is judged. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const out = mkdtempSync(join(tmpdir(), 'heddle-pack-'))
const bin = (name) => join('node_modules', '.bin', name)
/** Entries that are only ever preloaded have nothing to type. */
const sideEffectEntries = ['--exclude-entrypoints', 'register']
let failed = false

function judge(title, command, args) {
  const result = spawnSync(command, args, { encoding: 'utf8' })
  if (result.status === 0) return
  failed = true
  process.stderr.write(`${title}\n${result.stdout}${result.stderr}\n`)
}

try {
  for (const folder of readdirSync('packages')) {
    const manifest = JSON.parse(readFileSync(join('packages', folder, 'package.json'), 'utf8'))
    if (manifest.private) continue
    execFileSync('npx', ['--yes', 'pnpm@12.21.0', 'pack', '--pack-destination', out], {
      cwd: join('packages', folder),
      stdio: ['ignore', 'ignore', 'inherit'],
    })
  }
  for (const tarball of readdirSync(out)) {
    judge(`publint ${tarball}`, bin('publint'), ['run', join(out, tarball), '--strict'])
    judge(`attw ${tarball}`, bin('attw'), [join(out, tarball), '--profile', 'esm-only', '--format', 'ascii', ...sideEffectEntries])
  }
} finally {
  rmSync(out, { recursive: true, force: true })
}
process.exit(failed ? 1 : 0)
