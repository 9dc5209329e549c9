/** docs/limits.md says what the sources say: each row's words stand in its file, and each constant that is a limit has a row. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const sections = readFileSync(join(root, 'docs/limits.md'), 'utf8')
  .split(/^## @heddle\//m)
  .slice(1)

/** `const maxThings = 10` and the like at the top level of a file. */
const limitConstant = /^(?:export )?const (max[A-Z]\w*|\w+(?:Limit|Capacity))(?:: number)? = [\d(]/gm

/** Named like limits, but facts. */
const facts = new Set(['maxBytesPerUnit'])

describe('docs/limits.md', () => {
  it.each(sections.map((section) => [section.split('\n')[0] as string, section] as const))('is true of %s', (name, section) => {
    const rows = section.split('\n').filter((line) => line.startsWith('| ') && line.includes('.ts`'))
    expect(rows.flatMap((row) => wrongWords(name, row))).toEqual([])
  })

  it('has every constant that is a limit', () => {
    const missing = sections.flatMap((section) => {
      const folder = join(root, 'packages', section.split('\n')[0] as string, 'src')
      return sourcesOf(folder).flatMap((path) =>
        [...readFileSync(join(folder, path), 'utf8').matchAll(limitConstant)]
          .filter(([, constant = '']) => !facts.has(constant) && (!section.includes(`\`${constant}`) || !section.includes(`\`${path}\``)))
          .map(([, constant]) => `${path}: ${constant}`),
      )
    })
    expect(missing).toEqual([])
  })

  it('names files that exist where there is no limit', () => {
    const paths = [...(sections.at(-1) ?? '').matchAll(/`(packages\/[^`]+\.ts)`/g)].map(([, path]) => path as string)
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([])
    expect(paths.length).toBeGreaterThan(0)
  })
})

/** The last cell: files, each followed by the words that stand in it. */
function wrongWords(name: string, row: string): readonly string[] {
  const wrong: string[] = []
  let path = ''
  for (const [, words = ''] of (row.split(' | ').at(-1) ?? '').matchAll(/`([^`]+)`/g)) {
    if (/^[\w/-]+\.ts$/.test(words)) path = join(root, 'packages', name, 'src', words)
    else if (!existsSync(path) || !readFileSync(path, 'utf8').includes(words)) wrong.push(`${path.slice(root.length + 1)}: ${words}`)
  }
  return wrong
}

function sourcesOf(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts') && !path.startsWith('gen/'))
}
