/** The validator of one kind, bundled, does its work in a real browser; the test needs a Chromium on the PATH. */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '../..')
const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome']
const folders = (process.env['PATH'] ?? '').split(delimiter)
const browser = folders.flatMap((folder) => names.map((name) => join(folder, name))).find((path) => existsSync(path))
if (browser === undefined) console.log('skipped: chromium not found')

const oneKind = `
import { validateVirtualService } from './src/entries/virtual-service.js'
const metadata = { name: 'a' }
const route = [{ destination: { host: 'a' } }]
const judge = (spec) => validateVirtualService({ apiVersion: 'networking.istio.io/v1', kind: 'VirtualService', metadata, spec })
const good = judge({ hosts: ['a'], http: [{ route }] })
const bad = judge({ hosts: ['a'], http: [{ rout: route }] })
document.title = JSON.stringify({ good: good.diagnostics, bad: bad.diagnostics.map(({ path, suggestion }) => path + ' ' + suggestion) })
`

const everything = `
import { formatDiagnostic, loadRegexCompiler, parseDocuments, validate } from './src/index.js'
import { analyze } from './src/analysis.js'
const text = 'apiVersion: networking.istio.io/v1\\nkind: VirtualService\\nmetadata: {name: a}\\nspec:\\n  hosts: [a]\\n  http:\\n  - match: [{uri: {regex: "(?=a)"}}]\\n    route: [{destination: {host: b}}]\\n'
const compileRegex = await loadRegexCompiler()
const { documents } = parseDocuments(text, { file: 'a.yaml' })
const said = documents.flatMap((document) => validate(document, { compileRegex }).diagnostics.map(formatDiagnostic))
document.title = JSON.stringify({ said, codes: analyze(documents, { compileRegex }).map(({ code }) => code) })
`

async function titleOf(source: string): Promise<unknown> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: source, resolveDir: root, loader: 'ts' },
    bundle: true,
    format: 'esm',
    platform: 'browser',
    conditions: ['@heddle/source'],
    metafile: true,
    write: false,
  })
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports)
  expect(imports).toEqual([])
  const script = (outputFiles[0]?.text ?? '').replaceAll('</script', String.raw`<\/script`)
  return JSON.parse(
    await dumpedTitle(`<!doctype html><meta charset="utf-8"><title>nothing</title><script type="module">${script}</script>`),
  )
}

async function dumpedTitle(page: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'browser-'))
  try {
    writeFileSync(join(folder, 'page.html'), page)
    // As root a browser has no sandbox of its own; the page is ours.
    const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', `--user-data-dir=${join(folder, 'profile')}`]
    const child = spawn(browser as string, [...flags, '--virtual-time-budget=10000', '--dump-dom', `file://${join(folder, 'page.html')}`])
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve))
    const title = /<title>([^<]*)<\/title>/.exec(output)?.[1] ?? 'no page'
    return title.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

describe.skipIf(browser === undefined)('in a browser', () => {
  it('the validator of one kind tells right from wrong', { timeout: 60_000 }, async () => {
    expect(await titleOf(oneKind)).toEqual({ good: [], bad: ['spec.http[0].rout route'] })
  })

  it('YAML, rules, RE2 and analysis work too', { timeout: 60_000 }, async () => {
    expect(await titleOf(everything)).toEqual({
      said: [expect.stringMatching(/^a\.yaml:7:\d+: error: spec\.http\[0\]\.match\[0\]\.uri\.regex: /)],
      codes: expect.arrayContaining(['IST0106']),
    })
  })
})
