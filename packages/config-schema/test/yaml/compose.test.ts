import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { parseDocuments } from '../../src/yaml/parse-documents.js'

const syntaxRules = new Set(['yaml-syntax', 'yaml-tab'])
const hasSyntaxFault = (text: string) => parseDocuments(text).diagnostics.some((fault) => syntaxRules.has(fault.ruleId))

function yamlRefuses(text: string): boolean {
  const documents = parseAllDocuments(text, { schema: 'failsafe', uniqueKeys: false, logLevel: 'silent' })
  return 'empty' in documents ? documents.errors.length > 0 : documents.some((document) => document.errors.length > 0)
}

describe('reading stopped early', () => {
  it.each([[']'], ['}'], ['a: 1\n]'], ['# only\n]'], ['---\n---\n]'], ['...\n}']])('never swallows a fault silently: %j', (text) => {
    expect(yamlRefuses(text)).toBe(true)
    expect(hasSyntaxFault(text)).toBe(true)
  })

  it('finds a fault exactly where the parser does (seed 20261122)', () => {
    const piece = fc.constantFrom(
      'a',
      'b: ',
      '- ',
      '\n',
      '\n  ',
      '[',
      ']',
      '{',
      '}',
      ',',
      '"',
      "'",
      '#',
      ' ',
      '\t',
      '---\n',
      '...\n',
      '|',
      '>',
      '&x ',
      '? ',
      ':',
      '%Y\n',
      '!t ',
      '@',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
        const text = pieces.join('')
        expect(hasSyntaxFault(text)).toBe(yamlRefuses(text))
      }),
      { seed: 20261122, numRuns: 4000 },
    )
  })
})
