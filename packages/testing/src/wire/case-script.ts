/** Bytes in the notation of the case list, decoded to what a scripted peer does: `{FIN}`, `{RST}` and `{ms:N}` stand between bytes. */

export type WireStep =
  | { readonly kind: 'send'; readonly bytes: string }
  | { readonly kind: 'fin' }
  | { readonly kind: 'reset' }
  | { readonly kind: 'pause'; readonly ms: number }

/** How bytes are cut into writes. */
export type WireSplit = 'whole' | 'bytes' | 'cuts'

const macros: Readonly<Record<string, string>> = {
  G: 'GET / HTTP/1.1\r\nHost: a\r\n',
  P: 'POST / HTTP/1.1\r\nHost: a\r\n',
  C: 'Transfer-Encoding: chunked\r\n',
  L: '0\r\n\r\n',
  S: 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n',
}
const letters: Readonly<Record<string, string>> = { r: '\r', n: '\n', t: '\t', b: '\b', '\\': '\\' }

/** Decodes escapes, repetitions and macros to latin1. */
export function decodeWireBytes(text: string): string {
  return text
    .replace(/\{=((?:\{[^}]*\}|[^{}])*)\*(\d+)\}/g, (_, body: string, count: string) => decodeWireBytes(body).repeat(Number(count)))
    .replace(/\{([GPCLS])\}/g, (_, name: string) => macros[name] ?? '')
    .replace(/\{([^{}=:*]*)\*(\d+)\}/g, (_, body: string, count: string) => body.repeat(Number(count)))
    .replace(/\\(?:x([0-9a-fA-F]{2})|([rntb\\]))/g, (_, hex: string | undefined, letter: string | undefined) =>
      hex === undefined ? (letters[letter ?? ''] ?? '') : String.fromCharCode(Number.parseInt(hex, 16)),
    )
}

export function readWireScript(source: string): readonly WireStep[] {
  return source
    .split(/(\{FIN\}|\{RST\}|\{ms:\d+\})/)
    .filter((part) => part !== '')
    .map((part): WireStep => {
      if (part === '{FIN}') return { kind: 'fin' }
      if (part === '{RST}') return { kind: 'reset' }
      const pause = /^\{ms:(\d+)\}$/.exec(part)
      return pause ? { kind: 'pause', ms: Number(pause[1]) } : { kind: 'send', bytes: decodeWireBytes(part) }
    })
}

/** The same bytes in more writes: one each, or one from each CR, LF and colon to the next. */
export function splitWireSteps(steps: readonly WireStep[], split: WireSplit): readonly WireStep[] {
  if (split === 'whole') return steps
  return steps.flatMap((step) =>
    step.kind === 'send'
      ? (split === 'bytes' ? step.bytes.split('') : step.bytes.split(/(?<=[\r\n:])/)).map((bytes): WireStep => ({ kind: 'send', bytes }))
      : [step],
  )
}
