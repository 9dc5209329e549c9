/** The Language Server Protocol (3.17) around a session: which message does what. */
import { type Connection, DidChangeWatchedFilesNotification, ErrorCodes, ResponseError } from 'vscode-languageserver/node.js'
import { answerRequests, capabilities } from './answer-requests.js'
import { createSession, type ServerDeps, type ServerOptions } from './session.js'
import { type ClientSettings, readSettings } from './settings.js'
import { manifestPattern } from './workspace-files.js'

/** Handles everything that comes on the connection; the caller calls `listen` on it. */
export function bindConnection(connection: Connection, options: ServerOptions, deps: ServerDeps): void {
  const session = createSession(connection, options, deps)
  let settings: ClientSettings | undefined
  let isShutDown = false

  connection.onInitialize((params) => {
    settings = readSettings(params)
    session.configure(settings.service)
    return {
      serverInfo: { name: 'heddle-lsp' },
      capabilities: { ...capabilities, workspace: { workspaceFolders: { supported: true, changeNotifications: true } } },
    }
  })
  connection.onInitialized(() => {
    if (settings?.canWatch === true) {
      const watched = { watchers: [{ globPattern: manifestPattern }] }
      connection.client
        .register(DidChangeWatchedFilesNotification.type, watched)
        .catch((cause: unknown) => deps.logger.warn('files are not watched', { cause }))
    }
    if (settings?.changesFolders === true)
      connection.workspace.onDidChangeWorkspaceFolders(({ added, removed }) => {
        session.forget(removed.map(({ uri }) => uri))
        void session.load(added.map(({ uri }) => uri))
      })
    void session.load(settings?.folders ?? [])
  })
  connection.onDidChangeWatchedFiles(({ changes }) => {
    for (const { uri } of changes) session.reload(uri)
  })
  connection.onDidOpenTextDocument(({ textDocument: { uri, text, version } }) => session.open(uri, text, version))
  connection.onDidChangeTextDocument(({ textDocument: { uri, version }, contentChanges }) => session.change(uri, contentChanges, version))
  connection.onDidCloseTextDocument(({ textDocument }) => session.close(textDocument.uri))
  connection.onShutdown(() => {
    isShutDown = true
    session.stop()
  })
  answerRequests(connection, {
    service: () => session.service(),
    abilities: () => settings?.completion ?? {},
    refusal() {
      if (settings === undefined) return new ResponseError(ErrorCodes.ServerNotInitialized, 'Send "initialize" before any other request.')
      return isShutDown ? new ResponseError(ErrorCodes.InvalidRequest, 'The server has been shut down; only "exit" may follow.') : undefined
    },
  })
}
