/**
 * Removes the declarations that no entry of the package leads to, so that an installation holds what editors read and nothing else,
 * and takes white space and comments about files out of the others.
 * Usage: node --import tsx packages/config-schema/scripts/prune-declarations.ts [DIST]
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

/** `./dist/index.d.ts` of each entry in `exports`; a star stands for every file of a folder. */
const { exports: entries } = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')) as {
  readonly exports: Readonly<Record<string, string | { readonly types?: string }>>
}
const patterns = Object.values(entries)
  .flatMap((entry) => (typeof entry === 'string' || entry.types === undefined ? [] : [entry.types.replace('./dist/', '')]))
  .map((path) => new RegExp(`^${path.replaceAll('.', String.raw`\.`).replace('*', '[^/]+')}$`))
/** What a whole file is for stands in its source; editors show only what stands in front of a declaration. */
const fileComment = /^\/\*\*(?:[^*]|\*(?!\/))*\*\/\n(?=import|export (?:type )?[{*]|\/\*\*)/
const reference = /(?:from|import\()\s*['"](\.[^'"]+)\.js['"]/g

export interface Declarations {
  /** Paths below the folder. */
  readonly reached: readonly string[]
  readonly others: readonly string[]
}

/** The declarations below a folder, by whether an entry of the package leads to them. */
export function declarationsOf(dist: string): Declarations {
  const all = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.d.ts'))
  const isEntry = (name: string) => patterns.some((pattern) => pattern.test(name))
  const reached = new Set<string>()
  const open = all.filter(isEntry)
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (reached.has(name)) continue
    reached.add(name)
    for (const [, target] of readFileSync(join(dist, name), 'utf8').matchAll(reference))
      open.push(normalize(join(dirname(name), `${target ?? ''}.d.ts`)))
  }
  return { reached: all.filter((name) => reached.has(name)), others: all.filter((name) => !reached.has(name)) }
}

/** Writes the declarations that stay with less white space. @returns how many bytes they have. */
export function compactDeclarations(dist: string, names: readonly string[]): number {
  let bytes = 0
  for (const name of names) {
    const text = readFileSync(join(dist, name), 'utf8')
    const compact = text
      .replace(fileComment, '')
      .replaceAll(/^(?: {4})+/gm, (indentation) => '\t'.repeat(indentation.length / 4))
      .replaceAll('> {\n}', '> {}')
      // Everything in a declaration file is declared.
      .replaceAll(/^export declare /gm, 'export ')
      // A line end separates members, too; but a bracket would go on with the type before it.
      .replaceAll(/;\n(?!\s*[[(<])/g, '\n')
    writeFileSync(join(dist, name), compact)
    bytes += Buffer.byteLength(compact)
  }
  return bytes
}

if (process.argv[1] === import.meta.filename) {
  const dist = process.argv[2] ?? join(import.meta.dirname, '../dist')
  const { reached, others } = declarationsOf(dist)
  for (const name of others) rmSync(join(dist, name))
  compactDeclarations(dist, reached)
}
