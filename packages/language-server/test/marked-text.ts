/** Texts with a mark where the cursor stands. */
import type { Position } from 'vscode-languageserver-types'

const mark = '¦'

export interface MarkedText {
  readonly text: string
  readonly position: Position
}

export function marked(text: string): MarkedText {
  const at = text.indexOf(mark)
  if (at < 0) throw new Error('the text has no mark')
  const lines = text.slice(0, at).split('\n')
  return {
    text: text.slice(0, at) + text.slice(at + mark.length),
    position: { line: lines.length - 1, character: lines.at(-1)?.length ?? 0 },
  }
}
