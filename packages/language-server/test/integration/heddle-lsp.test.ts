/** The program `heddle-lsp` as an editor runs it: a process, with a real client of the protocol. */
import { mkdtempSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { CodeAction, CompletionItem, Hover, MarkupContent, WorkspaceEdit } from 'vscode-languageserver-protocol'
import type { MessageConnection } from 'vscode-jsonrpc/node.js'
import { type LanguageClient, startClient } from './language-client.js'

const command = [
  process.execPath,
  '--conditions=@heddle/source',
  '--import',
  'tsx',
  resolve(import.meta.dirname, '../../src/bin.ts'),
  '--stdio',
]

const service = `apiVersion: v1
kind: Service
metadata:
  name: reviews
spec:
  ports:
  - port: 9080
    name: http
`
const route = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: reviews
spec:
  hosts: [reviews]
  http:
  - route:
    - destination:
        host: review
    timeout: 5
`

describe('heddle-lsp', () => {
  let folder: string
  let client: LanguageClient
  const uri = (name: string): string => pathToFileURL(join(folder, name)).href

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'heddle-lsp-'))
    writeFileSync(join(folder, 'service.yaml'), service)
    writeFileSync(join(folder, 'route.yaml'), route)
    writeFileSync(join(folder, 'compose.yaml'), 'services:\n  web: {image: nginx}\n')
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  afterEach(async () => {
    expect(await client.close()).toBe(0)
  })

  it('tells what is wrong in files that nobody opened, and of references between them', async () => {
    client = await startClient({ command, folder: pathToFileURL(folder).href })
    const diagnostics = await client.diagnostics(uri('route.yaml'))
    expect(diagnostics.map(({ code, range }) => [code, range.start.line, range.start.character])).toEqual([
      ['IST0101', 9, 14],
      ['wrong-type', 10, 13],
    ])
    expect(diagnostics[0]?.message).toContain('did you mean "reviews"?')
  })

  it('follows what is typed, and tells again what another file says when the change is not saved', async () => {
    client = await startClient({ command, folder: pathToFileURL(folder).href })
    await client.diagnostics(uri('route.yaml'))
    await client.open(uri('service.yaml'), service)
    // The Service becomes what the route meant.
    await client.change(uri('service.yaml'), 2, [
      { range: { start: { line: 3, character: 14 }, end: { line: 3, character: 15 } }, text: '' },
    ])
    const changed = await client.diagnostics(uri('route.yaml'), (found) => found.length === 1)
    expect(changed.map(({ code }) => code)).toEqual(['wrong-type'])
    await client.connection.sendNotification('textDocument/didClose', { textDocument: { uri: uri('service.yaml') } })
    expect((await client.diagnostics(uri('route.yaml'), (found) => found.length === 2)).length).toBe(2)
  })

  it('hears of files that come and go', async () => {
    client = await startClient({ command, folder: pathToFileURL(folder).href })
    await client.diagnostics(uri('route.yaml'))
    writeFileSync(join(folder, 'other.yaml'), service.replace('name: reviews', 'name: review'))
    await client.connection.sendNotification('workspace/didChangeWatchedFiles', { changes: [{ uri: uri('other.yaml'), type: 1 }] })
    await client.diagnostics(uri('route.yaml'), (found) => found.length === 1)
    unlinkSync(join(folder, 'other.yaml'))
    await client.connection.sendNotification('workspace/didChangeWatchedFiles', { changes: [{ uri: uri('other.yaml'), type: 3 }] })
    await client.diagnostics(uri('route.yaml'), (found) => found.length === 2)
  })

  it('answers nothing before it knows the editor, and nothing after its goodbye', async () => {
    const hover = (connection: MessageConnection): Promise<Hover> =>
      connection.sendRequest('textDocument/hover', { textDocument: { uri: uri('route.yaml') }, position: { line: 0, character: 0 } })
    let early: Promise<unknown> | undefined
    client = await startClient({
      command,
      folder: undefined,
      prepare(connection) {
        early = hover(connection).catch((error: unknown) => error)
      },
    })
    expect(await early).toMatchObject({ code: -32_002, message: 'Send "initialize" before any other request.' })
    await client.request('shutdown', {})
    await expect(hover(client.connection)).rejects.toMatchObject({ code: -32_600 })
  })

  it('explains fields', async () => {
    client = await startClient({ command, folder: pathToFileURL(folder).href })
    await client.open(uri('route.yaml'), route)
    const hover = await client.request<Hover>('textDocument/hover', {
      textDocument: { uri: uri('route.yaml') },
      position: { line: 10, character: 6 },
    })
    expect((hover.contents as MarkupContent).value).toContain('**timeout**: duration')
    expect(hover.range).toEqual({ start: { line: 10, character: 4 }, end: { line: 10, character: 11 } })
  })

  it('completes, leads to definitions, renames and fixes over the protocol', async () => {
    const textDocument = { uri: uri('open.yaml') }
    const rule = `apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: reviews}
spec:
  host: reviews
  subsets: [{name: v1, labels: {version: v1}}]
`
    client = await startClient({ command, folder: pathToFileURL(folder).href })
    await client.open(uri('rule.yaml'), rule)
    await client.open(textDocument.uri, route.replace('host: review\n', 'host: reviews\n        subset: \n'))
    const at = (line: number, character: number) => ({ textDocument, position: { line, character } })
    const items = await client.request<CompletionItem[]>('textDocument/completion', at(10, 16))
    expect(items.map(({ label }) => label)).toEqual(['v1'])
    await client.change(textDocument.uri, 2, [
      { range: { start: { line: 10, character: 16 }, end: { line: 10, character: 16 } }, text: 'v1' },
    ])
    expect(await client.request('textDocument/definition', at(10, 17))).toMatchObject([
      { uri: uri('rule.yaml'), range: { start: { line: 5, character: 19 } } },
    ])
    expect(await client.request('textDocument/references', { ...at(10, 17), context: { includeDeclaration: false } })).toHaveLength(1)
    expect(await client.request('textDocument/prepareRename', at(10, 17))).toMatchObject({ start: { line: 10, character: 16 } })
    const edit = await client.request<WorkspaceEdit>('textDocument/rename', { ...at(10, 17), newName: 'stable' })
    expect(Object.keys(edit.changes ?? {}).toSorted()).toEqual([uri('open.yaml'), uri('rule.yaml')])
    await expect(client.request('textDocument/rename', { ...at(10, 17), newName: 'no name' })).rejects.toThrow('no name for a subset')
    const range = { start: { line: 0, character: 0 }, end: { line: 20, character: 0 } }
    const actions = await client.request<CodeAction[]>('textDocument/codeAction', { textDocument, range, context: { diagnostics: [] } })
    expect(actions.map(({ title }) => title)).toEqual(['Change it to 5s'])
  })

  it('leaves out what the editor says, and takes its namespace', async () => {
    client = await startClient({
      command,
      folder: pathToFileURL(folder).href,
      initializationOptions: { namespace: 'shop', suppress: ['IST0101=VirtualService *'] },
    })
    const diagnostics = await client.diagnostics(uri('route.yaml'))
    expect(diagnostics.map(({ code }) => code)).toEqual(['wrong-type'])
  })
})
