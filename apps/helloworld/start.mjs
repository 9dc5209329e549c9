/**
 * `npm start`: the article with this folder's manifest, in the clone's own state folder unless HEDDLE_STATE names another.
 * Further flags go to `heddle demo`.
 */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const root = here('../..')
const args = [
  here('../../packages/cli/bin/heddle.js'),
  'demo',
  '--state',
  process.env.HEDDLE_STATE || here('../../.heddle'),
  '-f',
  here('manifests/helloworld.yaml'),
  ...process.argv.slice(2),
]
const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' })
// Ctrl-C reaches the whole foreground group; this process only waits for its child to finish stopping.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => signal === 'SIGTERM' && child.kill(signal))
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)))
