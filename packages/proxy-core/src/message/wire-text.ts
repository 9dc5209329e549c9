/**
 * Text for the wire. Heads are written as latin1, which would cut the upper bits off other characters: U+010A would become
 * a line feed. So whatever does not come from a parsed head (configuration, certificates, filters) passes here once.
 */
import { HeddleError } from '@heddle/base'

/** UTF-8 bytes as latin1 where the text is more than latin1. @throws HEDDLE_PROXY_WIRE_TEXT for CR, LF and NUL. */
export function wireText(text: string): string {
  if (['\0', '\r', '\n'].some((character) => text.includes(character)))
    throw new HeddleError({
      code: 'HEDDLE_PROXY_WIRE_TEXT',
      message: `${JSON.stringify(text)} cannot be written into a message: it has a line end or a NUL`,
      origin: 'user',
      hint: 'Remove the control characters.',
    })
  return isLatin1(text) ? text : Buffer.from(text, 'utf8').toString('latin1')
}

function isLatin1(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0xff) return false
  return true
}
