/** Byte classes of RFC 9110 section 5.6.2 and RFC 9112 section 2, as tables: one look-up a byte. */

function table(accepts: (byte: number) => boolean): Uint8Array {
  const bytes = new Uint8Array(256)
  for (let byte = 0; byte < 256; byte++) bytes[byte] = accepts(byte) ? 1 : 0
  return bytes
}

const symbols = "!#$%&'*+-.^_`|~"
const isUpper = (byte: number): boolean => byte >= 0x41 && byte <= 0x5a
const isLower = (byte: number): boolean => byte >= 0x61 && byte <= 0x7a
const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39

/** tchar: what names of fields are made of. */
export const tokenBytes: Uint8Array = table(
  (byte) => isUpper(byte) || isLower(byte) || isDigit(byte) || symbols.includes(String.fromCharCode(byte)),
)
/** Methods: tokens without small letters, since `get` is either an error or an attempt to slip past a policy. */
export const methodBytes: Uint8Array = table((byte) => isUpper(byte) || byte === 0x2d || byte === 0x5f || isDigit(byte))
/** Field values: HTAB, visible ASCII, SP and obs-text. */
export const valueBytes: Uint8Array = table((byte) => byte === 0x09 || (byte >= 0x20 && byte !== 0x7f))
/** Request targets: visible ASCII without `#`; anything else belongs percent-encoded. */
export const targetBytes: Uint8Array = table((byte) => byte > 0x20 && byte < 0x7f && byte !== 0x23)
/** Hex digits plus one; 0 is no digit. */
export const hexDigits: Uint8Array = (() => {
  const bytes = new Uint8Array(256)
  for (let digit = 0; digit < 16; digit++) {
    bytes[digit.toString(16).charCodeAt(0)] = digit + 1
    bytes[digit.toString(16).toUpperCase().charCodeAt(0)] = digit + 1
  }
  return bytes
})()

export const CR = 0x0d
export const LF = 0x0a
export const SP = 0x20
export const HTAB = 0x09
export const COLON = 0x3a

export function isToken(text: string): boolean {
  if (text === '') return false
  for (let at = 0; at < text.length; at++) if (tokenBytes[text.charCodeAt(at) & 0xff] === 0 || text.charCodeAt(at) > 0x7f) return false
  return true
}
