/** Each limit of what a peer may send or hold, as docs/limits.md lists them, has a test at the limit and one over it. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const testFolder = join(import.meta.dirname, '..')
const section = /^## @heddle\/proxy-core\n([^]*?)^## /m.exec(readFileSync(join(testFolder, '../../../docs/limits.md'), 'utf8'))?.[1] ?? ''
const tests = readdirSync(testFolder, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.test.ts'))
  .map((path) => readFileSync(join(testFolder, path), 'utf8'))
  .join('\n')

/** The kernel keeps it: connections beyond it are not seen here. */
const ofTheKernel = 'backlog'
/** Not of a peer's making, or what is kept to be faster. */
const ownAffairs = new Set([
  'maxTextBytes',
  'maxSyntheticManagers',
  'maxBufferedBytes',
  'firstRetryMs',
  'longestRetryMs',
  'takeOverMs',
  'maxSpareBlocks',
  'maxEncoderTableSize',
  'maxGatheredBytes',
  'maxStockBuffers',
  'stockBytes',
  'stockBufferBytes',
  'fieldSlots',
  'defaultMinimumSize',
  'largestSize',
  'defaultSize',
])

test('every limit that a peer meets is tested at the limit and over it', () => {
  const names = new Set<string>()
  for (const row of section.split('\n').filter((line) => line.startsWith('| '))) {
    for (const [, words = ''] of (row.split(' | ').at(-1) ?? '').matchAll(/`([^`]+)`/g)) {
      if (!/^[\w/-]+\.ts$/.test(words))
        for (const [, name] of words.matchAll(/\b([a-z]\w+)(?:: number)?(?:: [\d(]| =| \?\?)/g)) names.add(name as string)
    }
  }
  const untested = [...names].filter((name) => !ownAffairs.has(name) && name !== ofTheKernel && !tests.includes(`limit ${name}`))
  expect(untested.toSorted()).toEqual([])
  expect(names.size).toBeGreaterThan(30)
})
