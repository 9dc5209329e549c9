/** `.idea/jsonSchemas.xml`, with what JetBrains' editors wrote there themselves. */
import { describe, expect, it } from 'vitest'
import { changeJetbrainsSchemas } from '../../src/editor/jetbrains-schemas.js'

const mapping = { schema: 'schemas/all.json', former: [], files: ['k8s/**/*.yaml', 'a&b.yaml'], isChosen: false }
const textOf = (before: string | undefined, more: Partial<typeof mapping> = {}): string => {
  const result = changeJetbrainsSchemas(before, { ...mapping, ...more })
  return result.kind === 'changed' ? result.text : result.kind
}

const theirs = `<?xml version="1.0" encoding="UTF-8"?>
<project version="4">
  <component name="JsonSchemaMappingsProjectConfiguration">
    <state>
      <map>
        <entry key="mine">
          <value>
            <SchemaInfo>
              <option name="name" value="mine" />
              <option name="relativePathToSchema" value="mine.json" />
            </SchemaInfo>
          </value>
        </entry>
      </map>
    </state>
  </component>
</project>
`

describe('changeJetbrainsSchemas', () => {
  it('makes a file where there is none', () => {
    const text = textOf(undefined)
    expect(text).toMatch(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n<project version="4">\n/)
    expect(text).toContain('<option name="relativePathToSchema" value="schemas/all.json" />')
    expect(text).toContain('<option name="path" value="k8s/*.yaml" />')
    expect(text).toContain('<option name="path" value="a&amp;b.yaml" />')
  })

  it('adds itself beside others, which stay as they are', () => {
    const text = textOf(theirs)
    const start = text.indexOf('        <entry key="Heddle">')
    const end = text.indexOf('</entry>', start) + '</entry>\n'.length
    expect(start).toBeGreaterThan(0)
    expect(text.slice(0, start) + text.slice(end)).toBe(theirs)
  })

  it('takes the place of an empty list', () => {
    const before = theirs.replace(/<map>[^]*<\/map>/, '<map/>')
    expect(textOf(before)).toMatch(/<map>\n {8}<entry key="Heddle">[^]*<\/entry>\n {6}<\/map>/)
  })

  it('changes nothing a second time, unless patterns were chosen', () => {
    const first = textOf(theirs)
    expect(textOf(first)).toBe('kept')
    expect(textOf(first, { isChosen: true })).toBe('kept')
    const other = textOf(first, { isChosen: true, files: ['x.yaml'] })
    expect(other).toContain('value="x.yaml"')
    expect(other.match(/key="Heddle"/g)).toHaveLength(1)
  })

  it('says where the schemas are now, and keeps patterns that nobody chose', () => {
    const first = textOf(theirs, { isChosen: true, files: ['x.yaml'] })
    expect(textOf(first, { schema: 'elsewhere/all.json' })).toBe(first.replace('schemas/all.json', 'elsewhere/all.json'))
  })

  it.each([
    ['<project version="4"></project>', 'it has no list of schemas (JsonSchemaMappingsProjectConfiguration)'],
    [theirs.replace('</state>', ''), 'its elements are not closed as they were opened'],
    [theirs.replace('</map>', '</map><map></map>').replace('<map></map>', '\n<map>\n</map>'), 'it has not exactly one list of schemas'],
    ['not xml', 'it has no list of schemas (JsonSchemaMappingsProjectConfiguration)'],
  ])('refuses %j', (before, reason) => {
    expect(changeJetbrainsSchemas(before, mapping)).toEqual({ kind: 'refused', reason })
  })
})
