import { describe, expect, it } from 'vitest'
import { parseDocuments } from '../../src/yaml/parse-documents.js'

const valuesOf = (text: string) => parseDocuments(text).documents.map((document) => document.value)
const faultsOf = (text: string) => parseDocuments(text).diagnostics.map(({ ruleId, line, column }) => `${line}:${column} ${ruleId}`)

describe('parseDocuments', () => {
  it('reads several documents and leaves out empty ones', () => {
    expect(valuesOf('---\n---\n# only a comment\n---\na: 1\n...\n---\nb: [x]\n')).toEqual([{ a: 1 }, { b: ['x'] }])
  })

  it('reads JSON', () => {
    expect(valuesOf('{\n\t"a": [1, "\\ud83d\\ude00"]\n}')).toEqual([{ a: [1, '😀'] }])
  })

  it('gives plain scalars the meaning they have for kubectl', () => {
    const text = 'a: yes\nb: 0644\nc: 1_000\nd: 1.10\ne: 2001-01-01\nf: "yes"\n80: x\ng: ~\nh: 0x1F\ni: v1\n'
    expect(valuesOf(text)).toEqual([{ a: true, b: 420, c: 1000, d: 1.1, e: '2001-01-01', f: 'yes', 80: 'x', g: null, h: 31, i: 'v1' }])
  })

  it('resolves anchors, aliases and merge keys into fresh values', () => {
    const [value] = valuesOf('a: &x {k: 1}\nb: *x\nc: {<<: *x, l: 2}\n') as [{ a: object; b: object; c: object }]
    expect(value).toEqual({ a: { k: 1 }, b: { k: 1 }, c: { k: 1, l: 2 } })
    expect(value.a).not.toBe(value.b)
  })

  it('expands lists into documents that know their place', () => {
    const text = 'apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n- apiVersion: v1\n  kind: Service\n  spec: 1\n'
    const { documents } = parseDocuments(text)
    expect(documents.map((document) => (document.value as { kind: string }).kind)).toEqual(['Pod', 'Service'])
    expect(documents[1]?.rangeOf(['spec'])).toEqual({ line: 8, column: 9, endLine: 8, endColumn: 10 })
  })

  it('takes no heed of a YAML version directive', () => {
    expect(valuesOf('%YAML 1.1\n---\na: yes\nb: 0o17\nc: {<<: {d: 1}}\n')).toEqual([{ a: true, b: 15, c: { d: 1 } }])
  })

  it('reads Windows line ends and a byte order mark', () => {
    const { documents, diagnostics } = parseDocuments('\uFEFFa: 1\r\nb:\r\n  c: |\r\n    x\r\n    y\r\n')
    expect(diagnostics).toEqual([])
    expect(documents[0]?.value).toEqual({ a: 1, b: { c: 'x\ny\n' } })
    expect(documents[0]?.rangeOf(['b', 'c'], 'key')).toMatchObject({ line: 3, column: 3 })
  })

  it('keeps lists whole when asked to', () => {
    const text = 'apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod}\n'
    expect(parseDocuments(text, { keepLists: true }).documents.map((document) => (document.value as { kind: string }).kind)).toEqual([
      'List',
    ])
  })

  it('fills in what a typed list says for its entries', () => {
    expect(valuesOf('apiVersion: v1\nkind: PodList\nitems:\n- metadata: {name: a}\n')).toEqual([
      { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' } },
    ])
  })

  it('keeps the readable documents when another one is broken', () => {
    const result = parseDocuments('a: 1\n---\nb: [1\n---\nc: 3\n', { file: 'x.yaml' })
    expect(result.documents.map((document) => document.value)).toEqual([{ a: 1 }, { c: 3 }])
    expect(result.diagnostics[0]).toMatchObject({ ruleId: 'yaml-syntax', severity: 'error', file: 'x.yaml', line: 4 })
  })

  it.each([
    ['a duplicate key', 'a: 1\na: 2\n', '2:1 yaml-duplicate-key'],
    ['a nested duplicate key', 'a:\n  b: 1\n  "b": 2\n', '3:3 yaml-duplicate-key'],
    ['a tab as indentation', 'a:\n\tb: 1\n', '2:1 yaml-tab'],
    ['an alias without an anchor', 'a: *x\n', '1:4 yaml-bad-alias'],
    ['an unquoted wildcard host', 'hosts:\n- *.example.com\n', '2:3 yaml-bad-alias'],
    ['a circular alias', 'a: &a [*a]\n', '1:8 yaml-bad-alias'],
    ['a prototype key', 'a:\n  __proto__: {x: 1}\n', '2:3 yaml-forbidden-key'],
    ['an unknown tag', 'a: !ruby/object 1\n', '1:17 yaml-unknown-tag'],
    ['a complex key', '? [a]\n: b\n', '1:3 yaml-bad-key'],
    ['an unclosed quote', 'a: "x\n', '1:4 yaml-syntax'],
    ['a quote that is open to the end of many lines', 'k: v\na:\n- "b"\n- \'x\n  c: 1\nd: 2\n', '4:3 yaml-syntax'],
    ['a quote closed by another kind', 'a: "v\'\nb: 1\n', '1:4 yaml-syntax'],
    ['wrong indentation', 'a:\n  b: 1\n c: 2\n', '3:1 yaml-syntax'],
    ['a value that begins with a reserved character', 'a: @x\n', '1:4 yaml-syntax'],
  ])('names %s with its line and column', (_, text, fault) => {
    const result = parseDocuments(text)
    expect(faultsOf(text)[0]).toBe(fault)
    expect(result.documents).toEqual([])
  })

  it('says of a misplaced line which entry it should be in line with', () => {
    const { diagnostics } = parseDocuments('a:\n  b:\n    c: 1\n    d: 1\n   e: 2\n   f: 3\n   g: 4\n')
    expect(diagnostics).toHaveLength(1)
    expect(diagnostics[0]).toMatchObject({ line: 5, column: 1, message: expect.stringContaining('column 3 like the entry on line 2') })
  })

  it('tells one mistake of the outline once', () => {
    const { diagnostics } = parseDocuments('spec:\n  http:\n\t- match:\n    - uri: {prefix: /}\n    route:\n    - a: 1\n')
    expect(diagnostics.map(({ ruleId, line }) => `${line} ${ruleId}`)).toEqual(['3 yaml-tab'])
  })

  it.each([
    ['m:\n  name:x\n  b: 1\n', 2, 'A space is missing after the colon of "name:".'],
    ['- k: 1\n  port:80\n- k: 2\n', 2, 'A space is missing after the colon of "port:".'],
    ['a:\n  b: 1\n ,   c: 2\n', 3, 'The "," at the beginning of this line does not belong there.'],
    ['a:\n  [ b: 1\n  c: 2\n', 2, 'The "[" at the beginning of this line is not closed on it; close it, or remove it.'],
    ['a:  - b: 1\n', 1, 'A list begins on the line after its key, not beside it.'],
    ['a: {b: 1,, c: 2}\n', 1, 'An entry is missing before this comma.'],
    ['a: {b: 1, c {d: 2}}\n', 1, 'Inside {...} a comma is missing between two entries, or a ": " after a key.'],
    ['a: [b [c]]\n', 1, 'Inside [...] a comma is missing between two entries.'],
    ['a: {b: 1}\n]\n', 2, 'This bracket closes nothing; remove it, or quote the value it belongs to.'],
    ['spec:\n* b: 1\n', 2, 'The "*" at the beginning of this line does not belong there.'],
    ['a:\n  b: 1\n  ,c: 2\n', 3, 'A key cannot begin with ","; remove it, or put the key in quotes.'],
    [
      'a:\n - b: 1\n     c: 2\n',
      2,
      'The next line begins further right, as if it belonged to this value; fields of one mapping begin in the same column.',
    ],
    ['m:\n  name :x\n  b: 1\n', 2, 'A space is missing after the colon of "name:".'],
    ['path:/v1\nb: 1\n', 1, 'A space is missing after the colon of "path:".'],
    ['a: 1\n--\nb: 1\n', 2, 'The line between two resources consists of three dashes: "---".'],
    ['a: "b"# c\n', 1, 'A space is missing before the "#" of a comment.'],
    ['a:\n  b: 1\n  @   c: 2\n  d: 3\n', 3, 'The "@" at the beginning of this line does not belong there.'],
    ['a: {b: 1}c\n', 1, 'This does not belong here: the value before it is complete already.'],
  ])('says what is visibly wrong with a line: %j', (text, line, message) => {
    expect(parseDocuments(text).diagnostics).toMatchObject([{ ruleId: 'yaml-syntax', line, message }])
  })

  it('says that a key is missing', () => {
    expect(parseDocuments('a: 1\n: 2\n').diagnostics).toMatchObject([
      { ruleId: 'yaml-bad-key', message: 'There is no key before this colon.' },
    ])
  })

  it('takes an address for no key that lacks a space', () => {
    expect(parseDocuments('a:\n  http://b.example\n  c: 1\n').diagnostics[0]?.message).not.toContain('space')
  })

  it('tells once that the line between two resources is missing', () => {
    const one = 'apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n'
    expect(parseDocuments(one + one).diagnostics).toMatchObject([
      {
        ruleId: 'yaml-duplicate-key',
        line: 4,
        message: 'A second resource begins in the same document; a line "---" is missing before it.',
      },
    ])
  })

  it('names the bracket that is missing', () => {
    expect(parseDocuments('hosts: [a, b\nc: d\n').diagnostics[0]?.message).toContain('A "[" above is not closed')
  })

  it('points at values, keys, and the nearest mapping of a missing field', () => {
    const [document] = parseDocuments('spec:\n  a: &x\n    b: [1, {c: 2}]\n  d: *x\n').documents
    expect(document?.rangeOf(['spec', 'a', 'b', 1, 'c'])).toMatchObject({ line: 3, column: 16 })
    expect(document?.rangeOf(['spec', 'd', 'b', 1, 'c'], 'key')).toMatchObject({ line: 3, column: 13 })
    expect(document?.rangeOf(['spec', 'a', 'missing'])).toMatchObject({ line: 2, column: 3, endColumn: 4 })
  })
})
