/** Requests about a place in a document: each is answered by the service, under the one spelling of its URI. */
import {
  type Connection,
  LSPErrorCodes,
  ResponseError,
  type ServerCapabilities,
  type TextDocumentPositionParams,
  TextDocumentSyncKind,
} from 'vscode-languageserver/node.js'
import { fixAllKind } from '../features/code-actions.js'
import type { CompletionAbilities } from '../features/completion-request.js'
import type { LanguageService } from '../language-service.js'
import { canonicalUri } from './workspace-files.js'

export const capabilities: ServerCapabilities = {
  textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental },
  hoverProvider: true,
  completionProvider: { triggerCharacters: [' ', ':', '-', '{', '[', ','] },
  definitionProvider: true,
  referencesProvider: true,
  renameProvider: { prepareProvider: true },
  codeActionProvider: { codeActionKinds: ['quickfix', fixAllKind] },
}

/** @param service changes once, when the editor says what it wants, as do its abilities. */
export function answerRequests(connection: Connection, service: () => LanguageService, abilities: () => CompletionAbilities): void {
  const placeOf = ({ textDocument, position }: TextDocumentPositionParams) => [canonicalUri(textDocument.uri), position] as const
  connection.onHover((params) => service().hover(...placeOf(params)))
  connection.onCompletion((params) => [...service().complete(...placeOf(params), abilities())])
  connection.onDefinition((params) => [...service().definitions(...placeOf(params))])
  connection.onReferences((params) => [...service().references(...placeOf(params), params.context.includeDeclaration)])
  connection.onPrepareRename((params) => service().renameRange(...placeOf(params)))
  connection.onRenameRequest((params) => {
    const result = service().rename(...placeOf(params), params.newName)
    return result.kind === 'edit' ? result.edit : new ResponseError(LSPErrorCodes.RequestFailed, result.reason)
  })
  connection.onCodeAction(({ textDocument, range, context }) => [
    ...service().codeActions(canonicalUri(textDocument.uri), range, context.only),
  ])
}
