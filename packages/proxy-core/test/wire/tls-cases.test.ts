/** Every row about TLS, identity and certificates has a test under its number, `T8: ...`, `'T8 ...'` or `... (T8)`; those that no proxy sees are the authority's. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'

const packages = resolve(import.meta.dirname, '../../..')
const shared = resolve(packages, '../../shared/reference/wire-cases.md')

function numbersIn(folder: string, ending: string): readonly string[] {
  return readdirSync(join(packages, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .flatMap((name) => [...readFileSync(join(packages, folder, name), 'utf8').matchAll(/['"`(](T\d+(?:, T\d+)*)(?:['"`)]|:? )/g)])
    .flatMap(([, numbers = '']) => numbers.split(', '))
}

test.skipIf(!existsSync(shared))('every row of the shared list has its tests', () => {
  const ids = [...readFileSync(shared, 'utf8').matchAll(/^\| \**(T\d+)\** \|/gm)].map(([, id]) => id as string)
  const held = new Set([
    ...numbersIn('proxy-core/test', '.test.ts'),
    ...numbersIn('client/test/identity', '.test.ts'),
    ...numbersIn('ca/test/threats', 'certificate-rows.test.ts'),
  ])
  expect(ids.filter((id) => !held.has(id))).toEqual([])
  expect(ids.length).toBeGreaterThan(40)
})
