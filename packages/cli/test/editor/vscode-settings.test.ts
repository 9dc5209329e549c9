/** `.vscode/settings.json`, with everything that people keep in it. */
import { describe, expect, it } from 'vitest'
import { changeVscodeSettings } from '../../src/editor/vscode-settings.js'

const mapping = { schema: 'schemas/all.json', former: ['schemas/all.json', 'old/all.json'], files: ['k8s/**/*.yaml'], isChosen: false }
const textOf = (before: string | undefined, more: Partial<typeof mapping> = {}): string => {
  const result = changeVscodeSettings(before, { ...mapping, ...more })
  return result.kind === 'changed' ? result.text : result.kind
}

describe('changeVscodeSettings', () => {
  it('makes a file where there is none', () => {
    expect(textOf(undefined)).toBe(
      `{
  "yaml.schemas": {
    "./schemas/all.json": ["k8s/**/*.yaml"]
  }
}
`.replace('["k8s/**/*.yaml"]', '[\n      "k8s/**/*.yaml"\n    ]'),
    )
    expect(JSON.parse(textOf('  \n'))).toHaveProperty(['yaml.schemas'])
  })

  it('keeps comments, order, commas and indentation', () => {
    const before = `// ours
{
    "editor.tabSize": 2, // two
    /* schemas */
    "yaml.schemas": {
        "https://example.com/a.json": "a.yaml",
    },
    "z": [1,2],
}
`
    const after = textOf(before)
    expect(after).toContain('// ours\n{\n    "editor.tabSize": 2, // two\n    /* schemas */\n')
    expect(after).toContain('"https://example.com/a.json": "a.yaml",')
    expect(after).toContain('        "./schemas/all.json": [\n')
    expect(after).toContain('"z": [1,2],\n}\n')
  })

  it('changes nothing a second time, and nothing that somebody changed since', () => {
    const first = textOf('{"a": 1}')
    expect(textOf(first)).toBe('kept')
    expect(textOf(first.replace('k8s/**/*.yaml', 'other/*.yaml'))).toBe('kept')
  })

  it('takes away what says that the schemas are where they were, with its patterns', () => {
    const first = textOf('{}', { schema: 'old/all.json', files: ['theirs.yaml'] })
    expect(JSON.parse(textOf(first))).toEqual({ 'yaml.schemas': { './schemas/all.json': ['theirs.yaml'] } })
    expect(JSON.parse(textOf(first, { isChosen: true }))).toEqual({ 'yaml.schemas': { './schemas/all.json': ['k8s/**/*.yaml'] } })
  })

  it('puts in patterns that were chosen', () => {
    const first = textOf(undefined)
    expect(textOf(first, { isChosen: true })).toBe('kept')
    expect(textOf(first, { isChosen: true, files: ['x.yaml'] })).toContain('"x.yaml"')
  })

  it('keeps the line ends and tabs of the file', () => {
    const after = textOf('{\r\n\t"a": 1\r\n}\r\n')
    expect(after).toContain('\r\n\t"yaml.schemas": {\r\n\t\t"./schemas/all.json"')
    expect(after.replaceAll('\r\n', '')).not.toContain('\n')
  })

  it.each([
    ['{"a": }', 'ValueExpected in line 1'],
    ['{\n"a": 1', 'CloseBraceExpected in line 2'],
    ['[]', 'it holds no object'],
    ['{"yaml.schemas": []}', '"yaml.schemas" is no object'],
  ])('refuses %j', (before, reason) => {
    expect(changeVscodeSettings(before, mapping)).toEqual({ kind: 'refused', reason })
  })
})
