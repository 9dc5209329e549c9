/** Every rule has an example, every example breaks its rule, and no rule of the sources is missing from the catalogue. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ruleCatalogue, ruleDescription } from '../../src/rules.js'
import { validate } from '../../src/validate/validate.js'
import { parseDocuments } from '../../src/yaml/parse-documents.js'

const source = join(import.meta.dirname, '../../src')
const inCalls =
  /(?:error|warning|report)\(\s*\w+,\s*'([a-z0-9-]+(?:\/[a-z0-9-]+)?)'|ruleId: '([a-z0-9-]+(?:\/[a-z0-9-]+)?)'|pattern\(\s*'([a-z-]+)'|'(yaml-[a-z-]+)'/g

function idsOfSources(): readonly string[] {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !name.includes('catalogue'),
  )
  const ids = files.flatMap((name) =>
    [...readFileSync(join(source, name), 'utf8').matchAll(inCalls)].map((match) => match.slice(1).find(Boolean)),
  )
  return [...new Set(ids as string[])].sort()
}

describe('the catalogue of rules', () => {
  it('has every rule of the sources, once', () => {
    expect(ruleCatalogue.map(({ ruleId }) => ruleId).sort()).toEqual(idsOfSources())
  })

  it.each(ruleCatalogue.map((rule) => [rule.ruleId, rule] as const))(
    '%s is what its example breaks',
    (ruleId, { example, isForHeddle }) => {
      const { documents, damaged, diagnostics } = parseDocuments(example)
      const target = isForHeddle ? 'heddle' : 'istio'
      const found = [...diagnostics, ...[...documents, ...damaged].flatMap((document) => validate(document, { target }).diagnostics)]
      const own = found.filter((diagnostic) => diagnostic.ruleId === ruleId)
      expect(found.map((diagnostic) => diagnostic.ruleId)).toContain(ruleId)
      for (const { message, line, path } of own) {
        expect(message).toMatch(/^["A-Za-z0-9{]/)
        expect(message).toMatch(/[.!)]$/)
        expect(line).toBeGreaterThan(0)
        expect(ruleId.startsWith('yaml-') || ruleId === 'not-a-resource' || path !== '').toBe(true)
      }
    },
  )

  const ofDuplicates = ruleCatalogue.filter(({ ruleId }) => ruleId.includes('/duplicate-'))
  it.each(ofDuplicates.map((rule) => [rule.ruleId, rule] as const))('%s names the first place', (ruleId, { example }) => {
    const [document] = parseDocuments(example).documents
    const found = document && validate(document).diagnostics.filter((diagnostic) => diagnostic.ruleId === ruleId)
    expect(found).not.toEqual([])
    for (const { related, path, line = 0, column = 0 } of found ?? []) {
      expect(related).toHaveLength(1)
      expect(related?.[0]?.path).not.toBe(path)
      const [place] = related ?? []
      const [firstLine, firstColumn] = [place?.line ?? 0, place?.column ?? 0]
      expect(firstLine < line || (firstLine === line && firstColumn < column)).toBe(true)
    }
  })

  it('is asked by id', () => {
    expect(ruleDescription('weights-zero')?.subject).toBe('VirtualService')
    expect(ruleDescription('nothing')).toBeUndefined()
  })
})
