/** Where a cursor stands, in whole documents and in those that somebody is typing. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Cursor, cursorAt } from '../../src/cursor/cursor.js'
import { marked } from '../marked-text.js'

function at(text: string): Cursor | undefined {
  const { text: plain, position } = marked(text)
  return cursorAt(plain.split('\n'), { line: position.line, column: position.character })
}

describe('cursorAt', () => {
  it.each([
    ['spec:\n  hos¦ts: [a]\n', 'key', 'spec', 'hosts'],
    ['spec:\n  hosts:\n  - rev¦\n', 'entry', 'spec.hosts.0', 'rev'],
    ['spec:\n  hosts:\n    - a\n    - b\n    - ¦\n', 'entry', 'spec.hosts.2', ''],
    ['spec:\n  http:\n  - match: []\n    route:\n    - destination:\n        ho¦\n', 'entry', 'spec.http.0.route.0.destination', 'ho'],
    ['spec:\n  http:\n  - route: []\n  - ¦\n', 'entry', 'spec.http.1', ''],
    ['spec:\n  http:\n  - route: []\n    ¦\n', 'entry', 'spec.http.0', ''],
    ['spec:\n  http:\n  - route: []\n  ¦\n', 'entry', 'spec', ''],
    ['spec:\n  http:\n  - route: []\n¦', 'entry', '', ''],
    ['spec:\n  http:\n  - timeout: 5¦s # why\n', 'value', 'spec.http.0.timeout', '5s'],
    ['spec:\n  http:\n  - timeout: ¦\n', 'value', 'spec.http.0.timeout', ''],
    ['spec:\n  http:\n  - timeout:¦\n', 'value', 'spec.http.0.timeout', ''],
    ['a:\n- - b\n  - c: ¦\n', 'value', 'a.0.1.c', ''],
    ['"a b":\n  \'c\': ¦x\n', 'value', 'a b.c', 'x'],
    ['kind: A\n---\nkind: B\nspec:\n  ¦\n', 'entry', 'spec', ''],
    ['spec: {ho¦st: a}\n', 'key', 'spec', 'host'],
    ['spec: {host: a, po¦rt: {number: 1}}\n', 'key', 'spec', 'port'],
    ['spec: {host: a, port: {number: ¦', 'value', 'spec.port.number', ''],
    ['spec:\n  hosts: [a, re¦v, c]\n', 'value', 'spec.hosts.1', 'rev'],
    ['spec:\n  - {host: a,\n     subset: "v¦1"}\n', 'value', 'spec.0.subset', 'v1'],
    ['spec: {a: [1, {b: 2}], c¦', 'key', 'spec', 'c'],
    ['metadata:\n  name: a # x: {\n  labels:\n    app: ¦b\n', 'value', 'metadata.labels.app', 'b'],
  ])('of %j is a %s at %s', (text, part, path, word) => {
    const cursor = at(text)
    expect({ part: cursor?.part, path: cursor?.path.join('.'), text: cursor?.text }).toEqual({ part, path, text: word })
  })

  it.each([
    ['# a com¦ment\n'],
    ['spec:\n  host: a # a com¦ment\n'],
    ['spec:\n  script: |\n    if: ¦\n'],
    ['spec:\n  script: >-\n    some ¦text\n'],
    ['-¦--\nkind: A\n'],
  ])('is nowhere in %j', (text) => {
    expect(at(text)).toBeUndefined()
  })

  it('knows what stands beside it, above and below, with the values', () => {
    const siblings = at('spec:\n- destination:\n    host: reviews\n    subset: ¦\n    port: {number: 1}\n  weight: 3\n')?.siblings
    expect(Object.fromEntries(siblings ?? [])).toEqual({ host: 'reviews', port: '{number: 1}' })
    expect(Object.fromEntries(at('spec: {host: a, subset: ¦, port: 1}')?.siblings ?? [])).toMatchObject({ host: 'a', port: '1' })
  })

  it('covers the whole word, wherever in it the cursor stands', () => {
    expect(at('spec:\n  ho¦sts: []\n')).toMatchObject({ start: 2, end: 7, hasColon: true })
    expect(at('spec:\n  mode: SIM¦PLE # x\n')).toMatchObject({ start: 8, end: 14, hasColon: false })
    expect(at('spec: {ho¦st: a}')).toMatchObject({ start: 7, end: 11, hasColon: true, isFlow: true })
  })

  it('finds an answer, or none, for any text and any place', () => {
    const piece = fc.constantFrom('spec:', 'a: b', '- ', '  ', '\n', '{', '}', '[', ']', ',', '"', "'", '# ', '|', ': ', '---\n', 'é', '\t')
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), fc.nat(8), fc.nat(20), (pieces, line, column) => {
        const lines = pieces.join('').split('\n')
        const row = Math.min(line, lines.length - 1)
        const cursor = cursorAt(lines, { line: row, column: Math.min(column, lines[row]?.length ?? 0) })
        expect(cursor === undefined || (cursor.start >= 0 && cursor.end >= cursor.start)).toBe(true)
      }),
      { seed: 20_261_123, numRuns: 2000 },
    )
  })
})
