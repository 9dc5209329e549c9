/** What fuzzers found, and every row of the lists of byte-level cases, through the codecs in memory: in all pieces, and against Node's parser. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createSeededRandom } from '@heddle/base/testing'
import { decodeWireBytes } from '@heddle/testing'
import { describe, expect, test } from 'vitest'
import { answerCases, requestCases } from '../wire/case-list.js'
import { checkRequest } from './check-request.js'
import { checkAnswers } from './fuzz-answers.js'
import { Grammar } from './grammar.js'
import { NodeOracle } from './node-oracle.js'

const folder = join(import.meta.dirname, 'corpus')
const oracle = new NodeOracle()

interface Input {
  readonly name: string
  readonly bytes: Buffer
}

const files: readonly Input[] = readdirSync(folder)
  .filter((name) => name.endsWith('.txt'))
  .map((name) => ({ name, bytes: Buffer.from(decodeWireBytes(readFileSync(join(folder, name), 'utf8').split('\n')[1] ?? ''), 'latin1') }))

const fromRows = (rows: readonly { readonly id: string; readonly source: string }[]): readonly Input[] =>
  rows
    .map(({ id, source }) => ({
      name: `row ${id}`,
      bytes: Buffer.from(decodeWireBytes(source.replaceAll(/\{(FIN|RST|ms:\d+)\}|^\[HEAD\] /g, '')), 'latin1'),
    }))
    .filter(({ bytes }) => bytes.length < 20_000)

/** The whole, single bytes where they are few, and some random pieces. */
function waysOf(bytes: Buffer): readonly (readonly number[])[] {
  const grammar = new Grammar(createSeededRandom(bytes.length))
  const each = bytes.length < 2000 ? [Array.from({ length: Math.max(bytes.length - 1, 0) }, (_, index) => index + 1)] : []
  return [...each, ...Array.from({ length: 5 }, () => grammar.cuts(bytes.length))]
}

describe('a request', () => {
  test.each([...files.filter(({ name }) => name.startsWith('request-')), ...fromRows(requestCases)])('$name', ({ bytes }) => {
    for (const cuts of waysOf(bytes)) {
      for (const fin of [false, true]) expect(checkRequest(bytes, { cuts, fin }, oracle)).toEqual([])
    }
  })
})

describe('an answer', () => {
  test.each([...files.filter(({ name }) => name.startsWith('answer-')), ...fromRows(answerCases)])('$name', async ({ name, bytes }) => {
    const method = answerCases.some(({ id, source }) => name === `row ${id}` && source.startsWith('[HEAD]')) ? 'HEAD' : 'GET'
    for (const fin of [false, true]) {
      expect(await checkAnswers(waysOf(bytes).map((cuts) => ({ method, bytes, cuts, fin })))).toEqual([])
    }
  })
})
