import { describe, expect, it } from 'vitest'
import { codeCatalogue } from '../../src/analysis-codes.js'
import { analyze } from '../../src/analysis/analyze.js'
import { parseDocuments } from '../../src/yaml/parse-documents.js'

describe('the catalogue of codes', () => {
  it.each(codeCatalogue.map((entry) => [entry.code, entry] as const))('has an example that gives %s', (code, { example, severity }) => {
    const { documents, damaged, diagnostics } = parseDocuments(example)
    expect({ damaged, diagnostics }).toEqual({ damaged: [], diagnostics: [] })
    const findings = analyze(documents)
    const found = findings.find((finding) => finding.code === code)
    expect(found, JSON.stringify(findings, null, 1)).toBeDefined()
    expect(found?.severity).toBe(severity)
    expect(found?.line).toBeGreaterThan(0)
    expect(found?.message).toMatch(/^[A-Z"].*[.?]$/s)
  })

  it.each(codeCatalogue.filter(({ code }) => code !== 'IST0106').map((entry) => [entry.code, entry] as const))(
    'has an example of %s without any other fault of validation',
    (_, { example }) => {
      const findings = analyze(parseDocuments(example).documents)
      expect(findings.filter(({ code }) => code === 'IST0106')).toEqual([])
    },
  )
})
