/** The generated code's declarations stand next to its JavaScript, where the compiler does not emit them: they are copied to dist. */
import { cpSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const from = fileURLToPath(new URL('../src/gen', import.meta.url))
const to = fileURLToPath(new URL('../dist/gen', import.meta.url))
cpSync(from, to, { recursive: true, filter: (path) => path.endsWith('.d.ts') || statSync(path).isDirectory() })
