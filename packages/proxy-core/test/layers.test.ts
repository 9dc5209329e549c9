/** The path reads one way: a folder may import only types from the folders to its right; `data-path.ts` and `proxy.ts` wire. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const order = ['listener', 'connection', 'codec', 'filters', 'router', 'cluster', 'endpoint', 'transport']
const src = fileURLToPath(new URL('../src', import.meta.url))

function filesUnder(folder: string): string[] {
  return readdirSync(join(src, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
}

test('a folder of the data path imports only types from the folders to its right', () => {
  const offences: string[] = []
  for (const [rank, folder] of order.entries()) {
    for (const file of filesUnder(folder)) {
      for (const match of readFileSync(file, 'utf8').matchAll(/^import (?!type)([^']*?) from '(\.[^']+)'/gm)) {
        const target = normalize(join(file, '..', match[2] as string)).slice(src.length + 1)
        const targetRank = order.indexOf(target.split('/')[0] ?? '')
        const onlyTypes = (match[1] as string)
          .replace(/[{}\s]/g, '')
          .split(',')
          .filter(Boolean)
          .every((name) => name.startsWith('type'))
        if (targetRank > rank && !onlyTypes) offences.push(`${file.slice(src.length + 1)} -> ${target}`)
      }
    }
  }
  expect(offences).toEqual([])
})
