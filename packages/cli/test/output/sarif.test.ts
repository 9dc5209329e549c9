import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { call, temporaryFolder } from '../cli.fixture.js'
import { readSarif, type SarifRegion, type SarifResult } from './sarif-structure.js'

const route = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: web
spec:
  hosts: [web]
  http:
  - timeout: 5
    rout:
    - destination: {host: web, subset: v9, port: {number: 80}}
      weight: 100
`
const rules = `apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: web}
spec:
  host: web
  subsets:
  - {name: v1, labels: {version: v1}}
  - {name: v1, labels: {version: v2}}
`

function folder(files: Readonly<Record<string, string>>): string {
  const cwd = temporaryFolder()
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(join(cwd, file, '..'), { recursive: true })
    writeFileSync(join(cwd, file), text)
  }
  return cwd
}

async function resultsOf(argv: readonly string[], cwd: string): Promise<readonly SarifResult[]> {
  const { stdout } = await call([...argv, '-o', 'sarif'], { cwd })
  return readSarif(stdout).runs[0]?.results ?? []
}

/** As a tool would that knows nothing but SARIF. */
function applied(text: string, results: readonly SarifResult[]): string {
  const replacements = results.flatMap(({ fixes = [] }) => fixes[0]?.artifactChanges.flatMap((change) => change.replacements) ?? [])
  const offset = (line: number, column: number): number =>
    text
      .split('\n')
      .slice(0, line - 1)
      .reduce((sum, one) => sum + one.length + 1, column - 1)
  const startOf = ({ startLine, startColumn }: SarifRegion): number => offset(startLine, startColumn)
  return replacements
    .toSorted((a, b) => startOf(b.deletedRegion) - startOf(a.deletedRegion))
    .reduce((result, { deletedRegion, insertedContent }) => {
      const end = offset(deletedRegion.endLine, deletedRegion.endColumn)
      return `${result.slice(0, startOf(deletedRegion))}${insertedContent?.text ?? ''}${result.slice(end)}`
    }, text)
}

describe('SARIF', () => {
  it('names the rule of validation, and keeps the code of analysis as a tag', async () => {
    const results = await resultsOf(['validate', 'b.yaml', 'c.yaml'], folder({ 'b.yaml': route, 'c.yaml': rules }))
    expect(results.map(({ ruleId, properties }) => [ruleId, properties.code, properties.tags])).toEqual([
      ['wrong-type', 'IST0106', ['IST0106']],
      ['unknown-field', 'IST0106', ['IST0106']],
      ['destination-rule/duplicate-subset', 'IST0106', ['IST0106']],
    ])
  })

  it('names the other places, of other files too', async () => {
    const good = route.replace('rout:', 'route:').replace('timeout: 5', 'timeout: 5s')
    const files = { 'a.yaml': good, 'b.yaml': good.replace('name: web', 'name: other') }
    const results = await resultsOf(['analyze', '.'], folder(files))
    expect(results.find(({ ruleId }) => ruleId === 'IST0109')?.relatedLocations).toMatchObject([
      { id: 0, physicalLocation: { artifactLocation: { uri: 'b.yaml' }, region: { startLine: 6 } } },
    ])
  })

  it('brings fixes that a tool can make without us', async () => {
    const cwd = folder({ 'b.yaml': route })
    const changed = applied(route, await resultsOf(['validate', 'b.yaml'], cwd))
    expect(changed).toBe(route.replace('timeout: 5', 'timeout: 5s').replace('rout:', 'route:'))
    await call(['validate', 'b.yaml', '--fix=all'], { cwd })
    expect(readFileSync(join(cwd, 'b.yaml'), 'utf8')).toBe(changed)
  })

  it('tells changes of more than a value by their lines', async () => {
    const text = `${rules}---\napiVersion: v1\nkind: Service\nmetadata:\n  name: web # ours\n  annotations:\n    networking.istio.io/exportToo: .\nspec:\n  ports: [{port: 80}]\n`
    const results = (await resultsOf(['analyze', 'c.yaml'], folder({ 'c.yaml': text }))).filter(({ ruleId }) => ruleId === 'IST0108')
    expect(results).toMatchObject([{ fixes: [{}] }])
    expect(applied(text, results)).toBe(text.replace('exportToo', 'exportTo'))
  })

  it('gives a finding the same fingerprint wherever its lines move to, and no two the same', async () => {
    const before = await resultsOf(['validate', 'b.yaml'], folder({ 'b.yaml': route }))
    const after = await resultsOf(['validate', 'b.yaml'], folder({ 'b.yaml': `# Comments\n# move it.\n${route}` }))
    const prints = before.map(({ partialFingerprints }) => partialFingerprints['heddleFinding/v1'])
    expect(after.map(({ partialFingerprints }) => partialFingerprints['heddleFinding/v1'])).toEqual(prints)
    const twice = await resultsOf(['validate', 'b.yaml'], folder({ 'b.yaml': `${route}---\n${route}` }))
    expect(new Set(twice.map(({ partialFingerprints }) => partialFingerprints['heddleFinding/v1'])).size).toBe(twice.length)
  })

  it.each(['with space/ü#1.yaml', 'a:b.yaml'])('writes the file name %s as a URI', async (file) => {
    expect(await resultsOf(['validate', '.', '-R'], folder({ [file]: route }))).toMatchObject([{ level: 'error' }, { level: 'error' }])
  })

  it('is a log without results when nothing is wrong, and when nothing can be read', async () => {
    const cwd = folder({ 'good.yaml': rules.replace('{name: v1, labels: {version: v2}}', '{name: v2}'), 'bad.yaml': 'kind: [' })
    expect(await resultsOf(['validate', 'good.yaml'], cwd)).toEqual([])
    expect(await resultsOf(['validate', 'bad.yaml'], cwd)).toMatchObject([{ ruleId: 'yaml-syntax' }])
  })
})
