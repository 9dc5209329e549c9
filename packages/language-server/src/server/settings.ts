/** What an editor says when it starts the server: folders, abilities, and the options of `initializationOptions`. */
import { parseSuppression, type Suppression } from '@heddle/config-schema/analysis'
import type { InitializeParams } from 'vscode-languageserver/node.js'
import type { CompletionAbilities } from '../features/completion-request.js'
import type { LanguageServiceOptions } from '../language-service.js'
import { insertTextMode } from '../protocol-numbers.js'

export interface ClientSettings {
  readonly folders: readonly string[]
  readonly canWatch: boolean
  readonly changesFolders: boolean
  readonly completion: CompletionAbilities
  readonly service: LanguageServiceOptions
}

export function readSettings({ capabilities, initializationOptions, ...params }: InitializeParams): ClientSettings {
  const { namespace, suppress } = (initializationOptions ?? {}) as { readonly namespace?: unknown; readonly suppress?: unknown }
  const item = capabilities.textDocument?.completion?.completionItem
  return {
    folders: foldersOf(params),
    canWatch: capabilities.workspace?.didChangeWatchedFiles?.dynamicRegistration === true,
    changesFolders: capabilities.workspace?.workspaceFolders === true,
    completion: {
      insertsLines: item?.insertTextModeSupport?.valueSet.includes(insertTextMode.asIs) === true,
      takesSnippets: item?.snippetSupport === true,
    },
    service: {
      ...(typeof namespace === 'string' && namespace !== '' ? { namespace } : {}),
      ...(Array.isArray(suppress) ? { suppress: suppress.flatMap(suppressionOf) } : {}),
    },
  }
}

/** Older clients name one folder, and some of them none. */
function foldersOf({ workspaceFolders, rootUri }: Pick<InitializeParams, 'workspaceFolders' | 'rootUri'>): readonly string[] {
  if (workspaceFolders !== undefined && workspaceFolders !== null) return workspaceFolders.map(({ uri }) => uri)
  return rootUri === null || rootUri === undefined ? [] : [rootUri]
}

function suppressionOf(text: unknown): readonly Suppression[] {
  const suppression = typeof text === 'string' ? parseSuppression(text) : undefined
  return suppression === undefined ? [] : [suppression]
}
