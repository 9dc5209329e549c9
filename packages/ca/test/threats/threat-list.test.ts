/** No threat without a test that carries its number: `T8: ...` or `['T1', ...]`, and `ca T23: ...` where rows of another list stand. */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { threats } from './threat-list.js'

const packages = new URL('../../../', import.meta.url).pathname

function titlesIn(folder: string, pattern: RegExp): string[] {
  const names = readdirSync(join(packages, folder), { recursive: true, encoding: 'utf8' })
  return names
    .filter((name) => name.endsWith('.test.ts'))
    .flatMap((name) => [...readFileSync(join(packages, folder, name), 'utf8').matchAll(pattern)])
    .flatMap(([, numbers = '']) => numbers.split(', '))
}

it('every threat of the list has a test under its number, and no test a number that is not on it', () => {
  const own = ['ca/test', 'control-plane/test'].flatMap((folder) => titlesIn(folder, /['"`](T\d+(?:, T\d+)*)(?:['"`]|: )/g))
  const elsewhere = titlesIn('proxy-core/test/integration', /['"`]ca (T\d+(?:, T\d+)*): /g)
  const found = new Set([...own, ...elsewhere])
  expect(Object.keys(threats).filter((number) => !found.has(number))).toEqual([])
  // From T43 on they are rows of connections and of the protocol.
  expect([...found].filter((number) => !(number in threats) && Number(number.slice(1)) <= 42)).toEqual([])
})
