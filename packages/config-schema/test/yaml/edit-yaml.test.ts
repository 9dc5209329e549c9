import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { editYaml, rewriteVersion, syncYaml } from '../../src/yaml/edit-yaml.js'
import { parseDocuments } from '../../src/yaml/parse-documents.js'

const text = `# who answers
apiVersion: networking.istio.io/v1alpha3
kind: VirtualService
metadata:
  name: reviews # the name

spec:
  hosts: ["reviews"] # short name
  http:
    # canary
    - name: canary
      route:
        - destination: {host: reviews, subset: v2}
          weight: 10
    - name: rest
      # everybody else
      route:
        - destination: {host: reviews, subset: 'v1'}
---
# second
kind: Other # stays
`
const valueOf = (yaml: string): unknown => parseDocuments(yaml).documents[0]?.value

describe('editYaml', () => {
  it('changes one value and no other line', () => {
    const changed = editYaml(text, [{ path: ['spec', 'http', 0, 'route', 0, 'weight'], value: 20 }])
    const lines = changed.split('\n').filter((line, index) => line.trim() !== text.split('\n')[index]?.trim())
    expect(lines.map((line) => line.trim())).toEqual(['weight: 20'])
    for (const comment of ['# who answers', '# the name', '# short name', '# canary', '# everybody else', '# second', '# stays']) {
      expect(changed).toContain(comment)
    }
  })

  it('adds and removes fields', () => {
    const changed = editYaml(text, [
      { path: ['spec', 'http', 0, 'timeout'], value: '5s' },
      { path: ['metadata', 'labels', 'version'], value: '1.10' },
      { path: ['spec', 'http', 1] },
    ])
    expect(valueOf(changed)).toMatchObject({
      metadata: { labels: { version: '1.10' } },
      spec: { http: [{ name: 'canary', timeout: '5s' }] },
    })
    expect(changed).toContain('version: "1.10"')
  })

  it('changes the document that is asked for, and nothing where there is none', () => {
    expect(editYaml(text, [{ path: ['kind'], value: 'Service' }], { document: 1 })).toBe(text.replace('kind: Other', 'kind: Service'))
    expect(editYaml(text, [{ path: ['kind'], value: 'Service' }], { document: 2 })).toBe(text)
  })

  it('rewrites the version', () => {
    expect(rewriteVersion(text, 'networking.istio.io/v1').split('\n')[1]).toBe('apiVersion: networking.istio.io/v1')
  })
})

describe('syncYaml', () => {
  it('leaves a text alone that already means the value', () => {
    const changed = syncYaml(text, valueOf(text))
    expect(valueOf(changed)).toEqual(valueOf(text))
    expect(changed.split('\n').map((line) => line.trim())).toEqual(text.split('\n').map((line) => line.trim()))
  })

  it('keeps comments at named entries when another is put before them', () => {
    const value = structuredClone(valueOf(text)) as { spec: { http: object[] } }
    value.spec.http.unshift({ name: 'first', directResponse: { status: 200 } })
    const changed = syncYaml(text, value)
    expect(valueOf(changed)).toEqual(value)
    expect(changed.indexOf('# everybody else')).toBeGreaterThan(changed.indexOf('name: rest'))
  })

  it('makes any text mean any value (seed 20261123)', () => {
    const words = fc.constantFrom('a', 'yes', '1.10', '', '# no', ': x', '0644', 'long text with words', '*', '@', 'null')
    const { json } = fc.letrec((tie) => ({
      json: fc.oneof(
        { maxDepth: 3 },
        words,
        fc.integer(),
        fc.boolean(),
        fc.array(tie('json'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom('name', 'b', 'c', 'true'), tie('json'), { maxKeys: 3 }),
      ),
    }))
    const resource = fc.dictionary(fc.constantFrom('spec', 'kind', 'name', 'x'), json, { minKeys: 1, maxKeys: 3 })
    fc.assert(
      fc.property(resource, resource, (before, after) => {
        const start = syncYaml('x: {}\n', before)
        expect(valueOf(start)).toEqual(before)
        expect(valueOf(syncYaml(start, after))).toEqual(after)
      }),
      { seed: 20_261_123, numRuns: 300 },
    )
  })
})
