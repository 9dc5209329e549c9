import { describe, expect, it } from 'vitest'
import { validate } from '../../src/validate/validate.js'
import { parseDocuments } from '../../src/yaml/parse-documents.js'

const lines = (count: number, line: (index: number) => string) => Array.from({ length: count }, (_, index) => line(index)).join('\n')

function aliasBomb(): string {
  const levels = lines(20, (index) => `k${index + 1}: &a${index + 1} [${Array(9).fill(`*a${index}`).join(',')}]`)
  return `k0: &a0 [x,x,x,x,x,x,x,x,x]\n${levels}\n`
}

const cases: readonly (readonly [name: string, text: string, ruleId: string])[] = [
  ['an alias bomb', aliasBomb(), 'yaml-alias-bomb'],
  ['many aliases', `a: &a 1\nb:\n${lines(60_000, () => '- *a')}`, 'yaml-alias-bomb'],
  ['deep brackets', '['.repeat(200_000), 'yaml-too-deep'],
  ['deep braces', '{a: '.repeat(100_000), 'yaml-too-deep'],
  ['deep dashes', '- '.repeat(200_000), 'yaml-too-deep'],
  ['deep explicit keys', '? '.repeat(200_000), 'yaml-too-deep'],
  ['deep indentation', lines(1000, (index) => `${' '.repeat(index)}a:`), 'yaml-too-deep'],
  ['2 MiB of text', 'a: b\n'.repeat(420_000), 'yaml-too-large'],
  ['many documents', lines(6000, () => '---\na: 1'), 'yaml-too-many-documents'],
  ['many duplicate keys', lines(50_000, () => 'key: 1'), 'yaml-duplicate-key'],
  ['many commas', `[${','.repeat(300_000)}]`, 'yaml-too-many-marks'],
  ['many quotes', '"'.repeat(300_000), 'yaml-syntax'],
  ['many anchors on one value', `a: ${'&a '.repeat(100_000)}`, 'yaml-too-many-marks'],
  ['many documents at once', '---\n'.repeat(300_000), 'yaml-too-many-documents'],
  ['many tags', `a: ${'!a '.repeat(100_000)}`, 'yaml-too-many-marks'],
  ['many directives', '%YAML 1.2\n'.repeat(100_000), 'yaml-too-many-marks'],
  ['many small values', `[${'1,'.repeat(300_000)}]`, 'yaml-too-many-marks'],
  ['many empty lines', '\n'.repeat(1_000_000), 'yaml-too-many-marks'],
  ['a scalar of 10 MiB', `a: ${'x'.repeat(10 << 20)}`, 'yaml-too-large'],
  ['zero bytes', `a: ${'\0'.repeat(1000)}`, 'yaml-control-character'],
  ['half a surrogate pair', 'a: \uD800', 'yaml-control-character'],
  ['an override of the direction', 'a: \u202Egpj.exe', 'yaml-hidden-character'],
  ['the key __proto__', '{a: {__proto__: {polluted: true}}}', 'yaml-forbidden-key'],
  ['many broken lines', 'a\n: :\n'.repeat(50_000), 'yaml-syntax'],
]

describe('hostile input', () => {
  it.each(cases)('refuses %s in bounded time with few diagnostics', (_, text, ruleId) => {
    const { diagnostics } = parseDocuments(text)
    expect(diagnostics.map((diagnostic) => diagnostic.ruleId)).toContain(ruleId)
    expect(diagnostics.length).toBeLessThanOrEqual(20)
  })

  it('says of a letter that only looks like one what it is', () => {
    const text = 'apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: a}\nspec: {h\u043Est: a}\n'
    const [fault] = parseDocuments(text).documents.flatMap((document) => validate(document).diagnostics)
    expect(fault).toMatchObject({ ruleId: 'unknown-field', suggestion: 'host', message: expect.stringContaining('U+043E') as string })
  })

  it('does not let a key reach the prototype of objects', () => {
    parseDocuments('{"__proto__": {"polluted": true}, "constructor": {"prototype": {"polluted": true}}}')
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })
})
