/** Leaves only the declarations that the package's entry refers to: the others describe what nobody outside can import. */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const dist = fileURLToPath(new URL('../dist', import.meta.url))
const kept = new Set()
const waiting = [join(dist, 'index.d.ts')]
for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
  if (kept.has(file) || !existsSync(file)) continue
  kept.add(file)
  for (const [, path] of readFileSync(file, 'utf8').matchAll(/(?:from|import\()\s*['"](\.[^'"]+)\.js['"]/g))
    waiting.push(join(dirname(file), `${path}.d.ts`))
}
for (const name of readdirSync(dist, { recursive: true })) {
  const file = join(dist, name)
  if (file.endsWith('.d.ts') && !kept.has(file)) rmSync(file)
}
