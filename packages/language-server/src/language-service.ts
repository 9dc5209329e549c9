/**
 * Everything an editor asks about manifests, as plain functions over the texts of a workspace: no process, no protocol framing, no
 * files. The server puts the Language Server Protocol around it; an editor in a browser can use it as it is.
 */
import type { AnalyzeOptions } from '@heddle/config-schema/analysis'
import type { CodeAction, CompletionItem, Diagnostic, Hover, Location, Position, Range } from 'vscode-languageserver-types'
import { codeActionsAt } from './features/code-actions.js'
import { completionsAt } from './features/completion.js'
import type { CompletionAbilities } from './features/completion-request.js'
import { diagnosticsOf } from './features/diagnostics.js'
import { hoverAt } from './features/hover.js'
import { renameAt, renameRange, type RenameResult } from './features/rename.js'
import { definitionsAt, toLocation, usesAt } from './references/uses.js'
import { createWorkspace } from './workspace/workspace.js'

/** Of analysis: the namespace of resources that name none, what to leave out, RE2 for regular expressions. */
export type LanguageServiceOptions = Pick<AnalyzeOptions, 'namespace' | 'clusterDomain' | 'suppress' | 'compileRegex'>

export interface LanguageService {
  /** Puts in a file, or its new text. It is read when something is asked. */
  set(uri: string, text: string): void
  /** Reads what was put in, so that what is asked next is answered at once. */
  settle(): void
  remove(uri: string): void
  /** Of all files that were put in. */
  uris(): readonly string[]
  /** Of all files that have any; a change in one file may change those of another. */
  diagnostics(): ReadonlyMap<string, readonly Diagnostic[]>
  hover(uri: string, position: Position): Hover | undefined
  complete(uri: string, position: Position, abilities?: CompletionAbilities): readonly CompletionItem[]
  /** Where the host, subset, gateway or other resource at the position is defined. */
  definitions(uri: string, position: Position): readonly Location[]
  /** Where else the same is meant. */
  references(uri: string, position: Position, includeDefinitions: boolean): readonly Location[]
  /** What `rename` would take; undefined where there is no subset. */
  renameRange(uri: string, position: Position): Range | undefined
  /** Renames a subset in all files. */
  rename(uri: string, position: Position, newName: string): RenameResult
  /** Fixes of what is found in a range. @param only kinds that are asked for; by default quick fixes. */
  codeActions(uri: string, range: Range, only?: readonly string[]): readonly CodeAction[]
}

export function createLanguageService(options: LanguageServiceOptions = {}): LanguageService {
  const workspace = createWorkspace(options)
  return {
    set: (uri, text) => workspace.set(uri, text),
    settle: () => workspace.settle(),
    remove: (uri) => workspace.remove(uri),
    uris: () => workspace.files().map(({ uri }) => uri),
    diagnostics: () => diagnosticsOf(workspace),
    hover: (uri, position) => hoverAt(workspace, uri, position),
    complete: (uri, position, abilities = {}) => completionsAt(workspace, uri, position, abilities),
    definitions: (uri, position) => definitionsAt(workspace, uri, position),
    references(uri, position, includeDefinitions) {
      const { definitions, references } = usesAt(workspace, uri, position)
      return [...(includeDefinitions ? definitions : []), ...references].map(toLocation)
    },
    renameRange: (uri, position) => renameRange(workspace, uri, position),
    rename: (uri, position, newName) => renameAt(workspace, uri, position, newName),
    codeActions: (uri, range, only) => codeActionsAt(workspace, uri, range, only),
  }
}
