/** One request for completions: where, in what, and what the editor can do with them. */
import type { CompletionItem } from 'vscode-languageserver-types'
import type { Cursor } from '../cursor/cursor.js'
import type { Identity } from '../cursor/identity.js'

export interface CompletionAbilities {
  /** The editor puts in lines exactly as they are sent, so their indentation can be said. Default: false. */
  readonly insertsLines?: boolean
  /** Texts may hold places for the cursor, as snippets do. Default: false. */
  readonly takesSnippets?: boolean
}

/** Everything at once that is asked again and again while a completion is made. */
export interface CompletionRequest extends CompletionAbilities {
  readonly cursor: Cursor
  readonly identity: Identity
  readonly line: number
  readonly column: number
  readonly lines: readonly string[]
}

/** The change of a completion: it takes the place of the whole word, and keeps its quotes and its distance from a colon. */
export function replacing(
  { cursor, line, column, lines }: CompletionRequest,
  newText: string,
): Pick<CompletionItem, 'textEdit' | 'filterText'> {
  const { start, end, part } = cursor
  const range = { start: { line, character: start }, end: { line, character: Math.max(end, column) } }
  const [quote] = part === 'key' ? [] : (/^["']/.exec(lines[line]?.slice(start) ?? '') ?? [])
  // Editors compare what stands there with this text.
  if (quote !== undefined) return { textEdit: { range, newText: quote + newText + quote }, filterText: quote + newText }
  const isTight = part === 'value' && lines[line]?.[start - 1] === ':'
  return { textEdit: { range, newText: isTight ? ` ${newText}` : newText } }
}
