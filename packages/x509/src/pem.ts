/**
 * Textual encoding (RFC 7468), strict: one label per block, standard base64 with full padding, lines of any length up to the
 * input's limit, LF or CRLF. Text between blocks is refused, since "which part did you sign?" must have one answer.
 */

export interface PemBlock {
  /** Such as `CERTIFICATE`. */
  readonly label: string
  readonly der: Uint8Array
}

export type PemResult = { readonly ok: true; readonly blocks: readonly PemBlock[] } | { readonly ok: false; readonly reason: string }

export interface PemOptions {
  /** Longest text accepted, in UTF-16 units. Default: 1 MiB. */
  readonly maxLength?: number
  /** Whether text outside the blocks is skipped, as `openssl x509 -text` writes it. Default: `false`. */
  readonly allowsText?: boolean
}

const beginLine = /^-----BEGIN ([A-Z0-9][A-Z0-9 ]{0,40})-----$/
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

export function encodePem(label: string, der: Uint8Array): string {
  const text = Buffer.from(der.buffer, der.byteOffset, der.byteLength).toString('base64')
  const lines = text.match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}

export function parsePem(text: string, options: PemOptions = {}): PemResult {
  const maxLength = options.maxLength ?? 1024 * 1024
  if (text.length > maxLength) return refuse(`the PEM text is longer than ${maxLength} characters`)
  const blocks: PemBlock[] = []
  const lines = text.split(/\r?\n/)
  for (let index = 0; index < lines.length; index++) {
    const line = (lines[index] as string).trimEnd()
    const label = beginLine.exec(line)?.[1]
    if (label === undefined) {
      if (line !== '' && !options.allowsText) return refuse(`line ${index + 1} is outside a PEM block`)
      continue
    }
    const end = endOf(lines, index, `-----END ${label}-----`)
    if (end < 0) return refuse(`the PEM block "${label}" at line ${index + 1} has no end line`)
    const body = lines
      .slice(index + 1, end)
      .map((part) => part.trimEnd())
      .join('')
    if (body === '' || !base64.test(body)) return refuse(`the PEM block "${label}" at line ${index + 1} is not base64`)
    blocks.push({ label, der: Buffer.from(body, 'base64') })
    index = end
  }
  return { ok: true, blocks }
}

/** Looks from the block's own line onwards: from the top, a text of many blocks would cost the square of its length. */
function endOf(lines: readonly string[], start: number, endLine: string): number {
  for (let index = start + 1; index < lines.length; index++) if ((lines[index] as string).trimEnd() === endLine) return index
  return -1
}

/** Every certificate of a PEM text, in order; any other label is a fault. */
export function parseCertificatePem(
  text: string,
): { readonly ok: true; readonly ders: readonly Uint8Array[] } | { readonly ok: false; readonly reason: string } {
  const result = parsePem(text, { allowsText: true })
  if (!result.ok) return result
  if (result.blocks.length === 0) return refuse('the text has no PEM block')
  const other = result.blocks.find((block) => block.label !== 'CERTIFICATE')
  if (other) return refuse(`expected only CERTIFICATE blocks, found "${other.label}"`)
  return { ok: true, ders: result.blocks.map((block) => block.der) }
}

function refuse(reason: string): { readonly ok: false; readonly reason: string } {
  return { ok: false, reason }
}
