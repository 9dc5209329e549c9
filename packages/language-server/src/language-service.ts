/**
 * Everything an editor asks about manifests, as plain functions over the texts of a workspace: no process, no protocol framing, no
 * files. The server puts the Language Server Protocol around it; an editor in a browser can use it as it is.
 */
import { type AnalyzeOptions } from '@heddle/config-schema/analysis'
import type { Diagnostic, Hover, Position } from 'vscode-languageserver-types'
import { diagnosticsOf } from './features/diagnostics.js'
import { hoverAt } from './features/hover.js'
import { createWorkspace } from './workspace/workspace.js'

/** Of analysis: the namespace of resources that name none, what to leave out, RE2 for regular expressions. */
export type LanguageServiceOptions = Pick<AnalyzeOptions, 'namespace' | 'clusterDomain' | 'suppress' | 'compileRegex'>

export interface LanguageService {
  /** Puts in a file, or its new text. It is read when something is asked. */
  set(uri: string, text: string): void
  remove(uri: string): void
  /** Of all files that have any; a change in one file may change those of another. */
  diagnostics(): ReadonlyMap<string, readonly Diagnostic[]>
  hover(uri: string, position: Position): Hover | undefined
}

export function createLanguageService(options: LanguageServiceOptions = {}): LanguageService {
  const workspace = createWorkspace(options)
  return {
    set: (uri, text) => workspace.set(uri, text),
    remove: (uri) => workspace.remove(uri),
    diagnostics: () => diagnosticsOf(workspace),
    hover: (uri, position) => hoverAt(workspace, uri, position),
  }
}
