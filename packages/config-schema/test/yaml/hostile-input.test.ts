import { describe, expect, it } from 'vitest'
import { analyze } from '../../src/analysis/analyze.js'
import { formatFinding } from '../../src/analysis/finding.js'
import { formatDiagnostic } from '../../src/diagnostic.js'
import { loadRegexCompiler } from '../../src/regex-compiler.js'
import { validate } from '../../src/validate/validate.js'
import { editYaml, rewriteVersion, syncYaml } from '../../src/yaml/edit-yaml.js'
import { parseDocuments } from '../../src/yaml/parse-documents.js'
import { hostileTexts } from '../hostile-texts.js'

const compileRegex = await loadRegexCompiler()

describe('hostile input', () => {
  it.each(hostileTexts)('refuses $name with few and short diagnostics', ({ text, ruleId }) => {
    const { documents, damaged, diagnostics } = parseDocuments(text)
    const judged = [...documents, ...damaged].flatMap((document) => validate(document, { target: 'heddle', compileRegex }).diagnostics)
    const all = [...diagnostics, ...judged]
    expect(all.filter(({ severity }) => severity === 'error').map((diagnostic) => diagnostic.ruleId)).toContain(ruleId)
    expect(all.length).toBeLessThanOrEqual(20)
    for (const diagnostic of all) expect(formatDiagnostic(diagnostic).length).toBeLessThan(1000)
  })

  it.each(hostileTexts)('makes neither analysis nor an editor throw or hang: $name', ({ text }) => {
    for (const finding of analyze(parseDocuments(text).documents, { compileRegex }))
      expect(formatFinding(finding).length).toBeLessThan(1000)
    editYaml(text, [{ path: ['spec', 'hosts'], value: ['b'] }])
    syncYaml(text, { kind: 'B' })
    rewriteVersion(text, 'v1')
  })

  it('counts what expressions unfold into, for a whole document', () => {
    const text = (expression: string, count: number): string =>
      `apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: a}\nspec: {hosts: [a], http: [{match: [${Array(count).fill(`{uri: {regex: "${expression}"}}`).join(', ')}], route: [{destination: {host: a}}]}]}\n`
    const rulesOf = (yaml: string) => parseDocuments(yaml).documents.flatMap((one) => validate(one, { compileRegex }).diagnostics)
    expect(rulesOf(text('/[a-z]{1,253}/(v1|v2)/.*', 50)).filter(({ ruleId }) => ruleId === 'bad-regex')).toEqual([])
    expect(rulesOf(text('(x{30}){30}', 50))).toMatchObject([{ ruleId: 'bad-regex', message: expect.stringContaining('too much memory') }])
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
