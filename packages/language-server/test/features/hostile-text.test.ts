/** Texts that nobody writes, in an editor that must go on: each question is answered, and in a time that grows with the text alone. */
import { createLanguageService } from '@heddle/language-server'
import { describe, expect, it } from 'vitest'

const head = 'apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: a}\nspec:\n'
const size = 100_000

describe('a language service', () => {
  it.each([
    ['a line of blanks', `${head}  a${' '.repeat(size)}b\n`],
    ['empty lines', `${head}${'\n'.repeat(size)}`],
    ['open brackets', `${head}  http: ${'['.repeat(size)}\n`],
    ['a flow without end', `${head}  http: [{${'a: b, '.repeat(size / 6)}\n`],
    ['hosts in one line', `${head}  http: [{route: [{destination: {${'host: a '.repeat(size / 8)}port: {number: \n`],
    ['quotes', `${head}  a: ${'"'.repeat(size)}\n`],
    ['colons', `${head}  ${':'.repeat(size)}\n`],
    ['dashes', `${head}${'- '.repeat(size / 2)}\n`],
    ['templates', `${head}  a: ${'{{ '.repeat(size / 3)}\n`],
    ['keys on top of each other', `${head}${Array.from({ length: 2000 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')}\n`],
  ])('answers in %s', { timeout: 20_000 }, (_what, text) => {
    const service = createLanguageService()
    service.set('file:///a.yaml', text)
    const lines = text.split('\n')
    const line = Math.max(4, lines.length - 2)
    for (const character of [0, 2, Math.floor((lines[line]?.length ?? 0) / 2), lines[line]?.length ?? 0]) {
      const position = { line, character }
      service.hover('file:///a.yaml', position)
      service.complete('file:///a.yaml', position)
      service.definitions('file:///a.yaml', position)
      service.references('file:///a.yaml', position, true)
      service.renameRange('file:///a.yaml', position)
    }
    service.codeActions('file:///a.yaml', { start: { line: 0, character: 0 }, end: { line, character: 0 } })
    expect(service.diagnostics().size).toBeLessThanOrEqual(1)
  })
})
