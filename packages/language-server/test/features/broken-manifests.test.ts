/** Real manifests with a few characters changed, as they are while somebody types: every question has an answer, whatever it is. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createLanguageService } from '@heddle/language-server'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const corpus = resolve(import.meta.dirname, '../../../../../shared/corpus/istio/samples')
const files = existsSync(corpus)
  ? readdirSync(corpus, { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.ya?ml$/.test(file))
      .map((file) => readFileSync(join(corpus, file), 'utf8'))
      .filter((text) => text.length < 10_000)
  : []
const seed = 20_261_123

describe.skipIf(files.length === 0)('a language service', () => {
  const piece = fc.constantFrom('', ':', '-', ' ', '\n', '{', '}', '[', '"', "'", '#', '|', '&a', '*a', '\t', 'x', '---\n')
  const change = fc.record({ at: fc.nat(9999), piece, removed: fc.nat(3) })
  const place = fc.record({ line: fc.nat(300), character: fc.nat(60) })

  it(`answers in manifests that are broken (seed ${seed})`, () => {
    const service = createLanguageService()
    fc.assert(
      fc.property(
        fc.constantFrom(...files),
        fc.array(change, { minLength: 1, maxLength: 3 }),
        place,
        fc.nat(3),
        (text, changes, at, file) => {
          const broken = changes.reduce((result, { at: offset, piece: put, removed }) => {
            const from = offset % (result.length + 1)
            return result.slice(0, from) + put + result.slice(from + removed)
          }, text)
          const uri = `file:///${file}.yaml`
          const lines = broken.split('\n')
          const line = at.line % lines.length
          const position = { line, character: Math.min(at.character, lines[line]?.length ?? 0) }
          service.set(uri, broken)
          service.complete(uri, position, { insertsLines: true, takesSnippets: true })
          service.hover(uri, position)
          service.references(uri, position, true)
          if (service.renameRange(uri, position) !== undefined) service.rename(uri, position, 'renamed')
          service.codeActions(uri, { start: position, end: { line: line + 5, character: 0 } })
          for (const { range } of service.diagnostics().get(uri) ?? []) expect(range.start.line).toBeLessThanOrEqual(lines.length)
        },
      ),
      { seed, numRuns: 300 },
    )
  })
})
