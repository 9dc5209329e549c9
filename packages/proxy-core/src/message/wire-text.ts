/**
 * Text for the wire. Heads are written as latin1, which would cut the upper bits off other characters: U+010A would become
 * a line feed. So whatever does not come from a parsed head (configuration, certificates, filters) passes here once.
 */
import { HeddleError } from '@heddle/base'

/** UTF-8 bytes as latin1 where the text is more than latin1. @throws HEDDLE_PROXY_WIRE_TEXT for CR, LF and NUL. */
export function wireText(text: string): string {
  if (['\0', '\r', '\n'].some((character) => text.includes(character))) throw unfit(text, 'it has a line end or a NUL')
  return isLatin1(text) ? text : Buffer.from(text, 'utf8').toString('latin1')
}

/** A path or an authority. @throws HEDDLE_PROXY_WIRE_TEXT */
export function wireWord(text: string): string {
  if (/[\0-\x20\x7f]/.test(text)) throw unfit(text, 'it has a space or a control character')
  return wireText(text)
}

/** A token of RFC 9110 section 5.6.2. */
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

/** A method or the name of a header. @throws HEDDLE_PROXY_WIRE_TEXT */
export function wireToken(text: string): string {
  if (!token.test(text)) throw unfit(text, 'it is no token')
  return text
}

function unfit(text: string, why: string): HeddleError {
  return new HeddleError({
    code: 'HEDDLE_PROXY_WIRE_TEXT',
    message: `${JSON.stringify(text)} cannot be written into a message: ${why}`,
    origin: 'user',
    hint: 'Remove the characters that HTTP has no place for.',
  })
}

function isLatin1(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0xff) return false
  return true
}
