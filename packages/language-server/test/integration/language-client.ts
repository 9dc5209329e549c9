/** Drives a language server as an editor does: a child process, the protocol over its standard input and output. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createMessageConnection, type MessageConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-jsonrpc/node.js'
import type { ClientCapabilities, Diagnostic, InitializeResult } from 'vscode-languageserver-protocol'

export interface LanguageClient {
  readonly connection: MessageConnection
  readonly initialized: InitializeResult
  open(uri: string, text: string): Promise<void>
  change(uri: string, version: number, contentChanges: readonly object[]): Promise<void>
  request<Result>(method: string, params: object): Promise<Result>
  /** The next diagnostics of a file that fit, those already sent included. */
  diagnostics(uri: string, isWanted?: (diagnostics: readonly Diagnostic[]) => boolean): Promise<readonly Diagnostic[]>
  /** Says goodbye. @returns the exit code. */
  close(): Promise<number | null>
}

interface ClientOptions {
  readonly command: readonly string[]
  readonly folder: string | undefined
  readonly capabilities?: ClientCapabilities
  readonly initializationOptions?: object
  /** Before the handshake: handlers for requests of the server, and requests that come too early. */
  readonly prepare?: (connection: MessageConnection) => void
}

type Waiting = { readonly uri: string; readonly check: () => void }

export async function startClient({
  command,
  folder,
  capabilities = {},
  initializationOptions,
  prepare,
}: ClientOptions): Promise<LanguageClient> {
  const [program = '', ...args] = command
  const child: ChildProcess = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const exit = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const connection = createMessageConnection(
    new StreamMessageReader(child.stdout as NonNullable<typeof child.stdout>),
    new StreamMessageWriter(child.stdin as NonNullable<typeof child.stdin>),
  )
  const known = new Map<string, readonly Diagnostic[]>()
  const waiting = new Set<Waiting>()
  connection.onNotification('textDocument/publishDiagnostics', (params: { uri: string; diagnostics: Diagnostic[] }) => {
    known.set(params.uri, params.diagnostics)
    for (const { uri, check } of waiting) if (uri === params.uri) check()
  })
  connection.onRequest('client/registerCapability', () => null)
  connection.listen()
  prepare?.(connection)
  const initialized = await connection.sendRequest<InitializeResult>('initialize', {
    processId: process.pid,
    rootUri: folder ?? null,
    workspaceFolders: folder === undefined ? null : [{ uri: folder, name: 'workspace' }],
    capabilities,
    ...(initializationOptions === undefined ? {} : { initializationOptions }),
  })
  await connection.sendNotification('initialized', {})
  return {
    connection,
    initialized,
    open: (uri, text) =>
      connection.sendNotification('textDocument/didOpen', { textDocument: { uri, languageId: 'yaml', version: 1, text } }),
    change: (uri, version, contentChanges) =>
      connection.sendNotification('textDocument/didChange', { textDocument: { uri, version }, contentChanges }),
    request: (method, params) => connection.sendRequest(method, params),
    diagnostics: (uri, isWanted = () => true) =>
      new Promise((resolve) => {
        const entry: Waiting = {
          uri,
          check: () => {
            const diagnostics = known.get(uri)
            if (diagnostics === undefined || !isWanted(diagnostics)) return
            waiting.delete(entry)
            resolve(diagnostics)
          },
        }
        waiting.add(entry)
        entry.check()
      }),
    async close() {
      await connection.sendRequest('shutdown')
      await connection.sendNotification('exit')
      const code = await exit
      connection.dispose()
      return code
    },
  }
}
