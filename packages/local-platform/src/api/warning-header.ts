/** `Warning:` headers as Kubernetes sends them (RFC 7234 section 5.5): code 299, no agent, the text quoted. kubectl prints them. */
import type { ServerResponse } from 'node:http'

export function setWarnings(response: ServerResponse, texts: readonly string[]): void {
  if (texts.length === 0) return
  response.setHeader(
    'warning',
    texts.map((text) => `299 - ${quoted(text)}`),
  )
}

/** Control characters end a header; other text goes out as UTF-8, which Node writes byte by byte from Latin-1. */
function quoted(text: string): string {
  const plain = text.replaceAll(/\p{Cc}+/gu, ' ').replaceAll(/[\\"]/g, '\\$&')
  return `"${Buffer.from(plain, 'utf8').toString('latin1')}"`
}
