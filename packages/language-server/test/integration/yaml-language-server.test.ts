/** The JSON Schemas in yaml-language-server, the server behind VS Code's YAML and most others: hover, completion, diagnostics. */
import { createRequire } from 'node:module'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { jsonSchemaFiles } from '@heddle/config-schema'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { CompletionItem, CompletionList, Hover, MarkupContent } from 'vscode-languageserver-protocol'
import { marked } from '../marked-text.js'
import { type LanguageClient, startClient } from './language-client.js'

const program = join(dirname(createRequire(import.meta.url).resolve('yaml-language-server/package.json')), 'bin/yaml-language-server')
/** What yaml-language-server takes the word `kubernetes` for; it is never fetched here. */
const kubernetesList = 'all.json'

const rule = (trafficPolicy: string): string => `apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata:
  name: reviews
spec:
  host: reviews
  trafficPolicy:
${trafficPolicy}`

describe.each(['one schema for all files', 'the store of definitions'])('yaml-language-server with %s', (way) => {
  let folder: string
  let client: LanguageClient
  const uri = (name: string): string => pathToFileURL(join(folder, 'shop', name)).href

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'heddle-schemas-'))
    for (const file of jsonSchemaFiles()) {
      const path = join(folder, 'schemas', file.path)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, JSON.stringify(file.schema))
    }
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  afterEach(async () => {
    await client.close()
  })

  async function open(name: string, text: string): Promise<void> {
    const isStore = way === 'the store of definitions'
    const yaml = {
      schemas: {
        // As `heddle editor init` writes it.
        [isStore ? 'kubernetes' : './schemas/all.json']: ['shop/**/*.yaml'],
      },
      kubernetesCRDStore: { enable: isStore, url: pathToFileURL(join(folder, 'schemas')).href },
      schemaStore: { enable: false },
      validate: true,
      hover: true,
      completion: true,
      format: {},
    }
    client = await startClient({
      command: [process.execPath, program, '--stdio'],
      folder: pathToFileURL(folder).href,
      capabilities: {
        workspace: { configuration: true },
        textDocument: { completion: { completionItem: { documentationFormat: ['markdown'] } }, hover: { contentFormat: ['markdown'] } },
      },
      // The editor fetches for the server; the list of Kubernetes' own kinds is empty here.
      initializationOptions: { handledSchemaProtocols: ['file'] },
      prepare: (connection) => {
        connection.onRequest('workspace/configuration', ({ items }: { items: readonly { section?: string }[] }) =>
          items.map(({ section }) => (section === 'yaml' ? yaml : {})),
        )
        connection.onRequest('vscode/content', (address: string) => (address.endsWith(kubernetesList) ? '{"oneOf": []}' : '{}'))
      },
    })
    await client.connection.sendNotification('workspace/didChangeConfiguration', { settings: { yaml } })
    await client.open(uri(name), text)
    await client.diagnostics(uri(name))
  }

  it('finds a wrong word and a field that is not there', async () => {
    await open('wrong.yaml', rule('    tls:\n      mode: SIMPEL\n      nme: a\n'))
    const diagnostics = await client.diagnostics(uri('wrong.yaml'), (found) => found.length > 0)
    expect(diagnostics.map(({ range }) => range.start.line)).toEqual([8, 9])
    expect(diagnostics[1]?.message).toContain('nme')
  })

  it('finds nothing in what is right', async () => {
    await open('right.yaml', rule('    tls:\n      mode: SIMPLE\n'))
    expect(await client.diagnostics(uri('right.yaml'))).toEqual([])
  })

  it('explains a field with its values and its default', async () => {
    const { text, position } = marked(rule('    tls:\n      mo¦de: SIMPLE\n'))
    await open('hover.yaml', text)
    const hover = await client.request<Hover>('textDocument/hover', { textDocument: { uri: uri('hover.yaml') }, position })
    const { value } = hover.contents as MarkupContent
    expect(value).toContain('`ISTIO_MUTUAL`: Mutual TLS')
    expect(value).toContain('Default: `DISABLE`')
  })

  it('completes fields and words', async () => {
    const { text, position } = marked(rule('    tls:\n      mode: ¦\n'))
    await open('complete.yaml', text)
    const words = await complete('complete.yaml', position)
    expect(words.map(({ label }) => label)).toEqual(expect.arrayContaining(['DISABLE', 'SIMPLE', 'MUTUAL', 'ISTIO_MUTUAL']))
    expect(JSON.stringify(words.find(({ label }) => label === 'DISABLE')?.documentation)).toContain('Plain text.')
    const fields = marked(rule('    ¦\n'))
    await client.change(uri('complete.yaml'), 2, [{ text: fields.text }])
    expect((await complete('complete.yaml', fields.position)).map(({ label }) => label)).toEqual(
      expect.arrayContaining(['tls', 'loadBalancer', 'connectionPool']),
    )
  })

  async function complete(name: string, position: object): Promise<readonly CompletionItem[]> {
    const found = await client.request<CompletionList | CompletionItem[]>('textDocument/completion', {
      textDocument: { uri: uri(name) },
      position,
    })
    return Array.isArray(found) ? found : found.items
  }
})
