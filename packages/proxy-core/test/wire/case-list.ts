/** The cases to run: our own list, and every row of the project's shared list that ours does not hold word for word. */
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { readWireCases, type WireCase } from '@heddle/testing'

const own = readWireCases(readFileSync(resolve(import.meta.dirname, 'cases.md'), 'utf8'))
const sharedPath = resolve(import.meta.dirname, '../../../../../shared/reference/wire-cases.md')

/** Undefined where the list is not at hand. */
export const sharedCases: readonly WireCase[] | undefined = existsSync(sharedPath)
  ? readWireCases(readFileSync(sharedPath, 'utf8'))
  : undefined

/** Rows that need a script of their own; `scenarios.test.ts` has them. */
export const scenarioIds: readonly string[] = ['289', '290', '291', '293', '297', '308', 'U60', 'U66', 'U82', 'U83', 'U84', 'U85']

const known = new Set(own.map(({ source, want }) => `${source} ${want}`))

function casesOf(pattern: RegExp): readonly WireCase[] {
  const more = (sharedCases ?? []).filter((row) => !scenarioIds.includes(row.id) && !known.has(`${row.source} ${row.want}`))
  return [...own, ...more].filter(({ id }) => pattern.test(id))
}

/** `| 7 |`, and neighbours `| 7a |`. */
export const requestCases: readonly WireCase[] = casesOf(/^\d/)
export const answerCases: readonly WireCase[] = casesOf(/^U\d/)
