/**
 * Generates src/gen from proto/ with buf and protoc-gen-es: plain JavaScript with declarations, and the types of their JSON form,
 * which the codec is written against. `node scripts/generate.mjs [FOLDER]` writes elsewhere (the test compares).
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'

const root = fileURLToPath(new URL('..', import.meta.url))
const out = process.argv[2] ?? join(root, 'src', 'gen')
const bin = join(root, 'node_modules', '.bin')
const template = {
  version: 'v2',
  clean: true,
  plugins: [{ local: join(bin, 'protoc-gen-es'), out, opt: ['target=js+dts', 'json_types=true', 'import_extension=js'] }],
}
const { status, error } = spawnSync(join(bin, 'buf'), ['generate', 'proto', '--template', JSON.stringify(template)], {
  cwd: root,
  stdio: 'inherit',
})
if (error !== undefined) process.stderr.write(`${error.message}\n`)
process.exitCode = status ?? 1
