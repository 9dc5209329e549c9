/**
 * The Language Server Protocol (3.17) around the language service: documents as they are typed, files as they lie on disk, and
 * diagnostics of all of them, sent after a pause and only where they changed.
 */
import { type Clock, type Logger, messageOf, type Timer } from '@heddle/base'
import { type Connection, DidChangeWatchedFilesNotification, TextDocumentSyncKind } from 'vscode-languageserver/node.js'
import { createLanguageService, type LanguageServiceOptions } from '../language-service.js'
import { createOpenDocuments } from './open-documents.js'
import { createPublisher } from './publisher.js'
import { type ClientSettings, readSettings } from './settings.js'
import { canonicalUri, type FileText, manifestPattern, type WorkspaceFiles } from './workspace-files.js'

export interface ServerOptions extends LanguageServiceOptions {
  /** Quiet time after a change before diagnostics are worked out. Default: 100 ms. */
  readonly debounceMs?: number
}

export interface ServerDeps {
  readonly clock: Clock
  readonly logger: Logger
  readonly files: WorkspaceFiles
}

const defaultDebounceMs = 100

/** Handles everything that comes on the connection; the caller calls `listen` on it. */
export function bindConnection(connection: Connection, options: ServerOptions, { clock, logger, files }: ServerDeps): void {
  const documents = createOpenDocuments()
  const warn = (what: string) => (cause: unknown) => logger.warn(what, { cause: messageOf(cause) })
  const publisher = createPublisher(connection, (uri) => documents.versionOf(uri), warn('diagnostics were not sent'))
  let settings: ClientSettings = { folders: [], canWatch: false, service: {} }
  let service = createLanguageService(options)
  let timer: Timer | undefined

  const check = (): void => {
    timer?.cancel()
    timer = undefined
    publisher.publish(service.diagnostics())
  }
  const checkSoon = (): void => {
    timer?.cancel()
    timer = clock.setTimer(options.debounceMs ?? defaultDebounceMs, check)
  }
  const isOpen = (uri: string): boolean => documents.versionOf(uri) !== undefined
  const load = async (found: AsyncIterable<FileText>): Promise<void> => {
    for await (const { uri, text } of found) if (!isOpen(uri)) service.set(uri, text)
    check()
  }
  const reload = async (uri: string): Promise<void> => {
    const text = isOpen(uri) ? undefined : await files.read(uri)
    if (isOpen(uri)) return
    if (text === undefined) service.remove(uri)
    else service.set(uri, text)
    checkSoon()
  }

  connection.onInitialize((params) => {
    settings = readSettings(params)
    service = createLanguageService({ ...options, ...settings.service })
    return {
      serverInfo: { name: 'heddle-lsp' },
      capabilities: {
        textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental },
        hoverProvider: true,
        workspace: { workspaceFolders: { supported: true, changeNotifications: true } },
      },
    }
  })
  connection.onInitialized(() => {
    if (settings.canWatch) {
      const watched = { watchers: [{ globPattern: manifestPattern }] }
      connection.client.register(DidChangeWatchedFilesNotification.type, watched).catch(warn('files are not watched'))
    }
    load(files.walk(settings.folders)).catch(warn('the workspace was not read'))
  })
  connection.onDidChangeWatchedFiles(({ changes }) => {
    for (const { uri } of changes) reload(canonicalUri(uri)).catch(warn('a file was not read'))
  })
  connection.onDidOpenTextDocument(({ textDocument: { uri, text, version } }) => {
    documents.open(canonicalUri(uri), text, version)
    service.set(canonicalUri(uri), text)
    check()
  })
  connection.onDidChangeTextDocument(({ textDocument: { uri, version }, contentChanges }) => {
    const text = documents.change(canonicalUri(uri), contentChanges, version)
    if (text === undefined) return
    service.set(canonicalUri(uri), text)
    checkSoon()
  })
  connection.onDidCloseTextDocument(({ textDocument }) => {
    documents.close(canonicalUri(textDocument.uri))
    // What was not saved is gone: the file counts again.
    reload(canonicalUri(textDocument.uri)).catch(warn('a file was not read'))
  })
  connection.onHover(({ textDocument, position }) => service.hover(canonicalUri(textDocument.uri), position))
  connection.onShutdown(() => timer?.cancel())
}
