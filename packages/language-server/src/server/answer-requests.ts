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

export interface RequestContext {
  /** Changes once, when the editor says what it wants. */
  readonly service: () => LanguageService
  readonly abilities: () => CompletionAbilities
  /** Why no request is answered now: the editor has not said who it is, or has said goodbye. */
  readonly refusal: () => ResponseError<void> | undefined
}

export function answerRequests(connection: Connection, { service, abilities, refusal }: RequestContext): void {
  const placeOf = ({ textDocument, position }: TextDocumentPositionParams) => [canonicalUri(textDocument.uri), position] as const
  const inTime =
    <Params, Result>(answer: (params: Params) => Result) =>
    (params: Params): Result | ResponseError<void> =>
      refusal() ?? answer(params)
  connection.onHover(inTime((params) => service().hover(...placeOf(params))))
  connection.onCompletion(inTime((params) => [...service().complete(...placeOf(params), abilities())]))
  connection.onDefinition(inTime((params) => [...service().definitions(...placeOf(params))]))
  connection.onReferences(inTime((params) => [...service().references(...placeOf(params), params.context.includeDeclaration)]))
  connection.onPrepareRename(inTime((params) => service().renameRange(...placeOf(params))))
  connection.onRenameRequest(
    inTime((params) => {
      const result = service().rename(...placeOf(params), params.newName)
      return result.kind === 'edit' ? result.edit : new ResponseError(LSPErrorCodes.RequestFailed, result.reason)
    }),
  )
  connection.onCodeAction(
    inTime(({ textDocument, range, context }) => [...service().codeActions(canonicalUri(textDocument.uri), range, context.only)]),
  )
}
