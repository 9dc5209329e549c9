/** `Warning:` headers as Kubernetes sends them (RFC 7234 section 5.5): code 299, no agent, the text quoted. kubectl prints them. */
import type { ServerResponse } from 'node:http'

/** Of all warnings of an answer together, as in a Kubernetes API server: clients limit the headers they read. */
const maxWarningBytes = 4096

export function setWarnings(response: ServerResponse, texts: readonly string[]): void {
  if (texts.length === 0) return
  response.setHeader(
    'warning',
    withinLimit(texts.map(quoted)).map((text) => `299 - ${text}`),
  )
}

function withinLimit(texts: readonly string[]): readonly string[] {
  let bytes = 0
  const fit = texts.filter((text) => (bytes += text.length) <= maxWarningBytes)
  const left = texts.length - fit.length
  return left === 0 ? fit : [...fit, quoted(`${left} more warnings`)]
}

/** Control characters end a header; other text goes out as UTF-8, which Node writes byte by byte from Latin-1. */
function quoted(text: string): string {
  const plain = text.replaceAll(/\p{Cc}+/gu, ' ').replaceAll(/[\\"]/g, '\\$&')
  return `"${Buffer.from(plain, 'utf8').toString('latin1')}"`
}
