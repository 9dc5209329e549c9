import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatYaml } from '../../src/yaml/format-yaml.js'
import { parseDocuments } from '../../src/yaml/parse-documents.js'

describe('formatYaml', () => {
  it('sorts keys, keeps lists at the column of their key, and writes long texts as blocks', () => {
    const pod = { kind: 'Pod', apiVersion: 'v1', spec: { containers: [{ name: 'a', args: ['x\ny\n'] }] }, metadata: { name: 'p' } }
    expect(formatYaml(pod)).toBe(
      'apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\nspec:\n  containers:\n  - args:\n    - |\n      x\n      y\n    name: a\n',
    )
  })

  it('quotes strings that YAML 1.1 would read as something else', () => {
    const labels = { a: 'yes', b: '0644', c: '1:20', d: '1.0', e: '', f: '*.example.com', g: '2026-01-31T10:00:00Z', h: 'v1' }
    expect(formatYaml(labels)).toBe(
      `a: "yes"\nb: "0644"\nc: "1:20"\nd: "1.0"\ne: ""\nf: '*.example.com'\ng: "2026-01-31T10:00:00Z"\nh: v1\n`,
    )
  })

  it('is read back as the same value (seed 20261122)', () => {
    const key = fc.string({ minLength: 1, unit: 'binary-ascii' }).filter((text) => text !== '__proto__' && text.length < 60)
    const leaf = fc.oneof(
      fc.string({ unit: 'binary-ascii' }),
      fc.constantFrom('y', 'off', '0o17', '1_0', '.5', '~'),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
    )
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof({ maxDepth: 3 }, leaf, fc.array(tie('value'), { maxLength: 4 }), fc.dictionary(key, tie('value'), { maxKeys: 4 })),
    }))
    fc.assert(
      fc.property(value, (content) => {
        const { documents, diagnostics } = parseDocuments(formatYaml({ content }))
        expect(diagnostics).toEqual([])
        expect(documents[0]?.value).toEqual({ content: JSON.parse(JSON.stringify(content)) as unknown })
      }),
      { seed: 20261122, numRuns: 300 },
    )
  })
})
