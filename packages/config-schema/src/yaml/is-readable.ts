/** Whether a text is one that reading gives up: asked before it is parsed by other ways than reading it. */
import { LineCounter } from 'yaml'
import { composeDocuments } from './compose.js'
import { guardFindings } from './input-guard.js'

/** @param text of one document. */
export function isReadable(text: string): boolean {
  if (guardFindings(text).some(({ severity }) => severity === 'error')) return false
  for (const { kind } of composeDocuments(text, new LineCounter(), 1)) if (kind !== 'document') return false
  return true
}
