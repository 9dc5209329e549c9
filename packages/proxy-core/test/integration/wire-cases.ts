/** The rows of the HTTP/1.1 request table, as data: bytes in the table's own notation and what must become of them. */

const macros: Readonly<Record<string, string>> = {
  G: 'GET / HTTP/1.1\r\nHost: a\r\n',
  P: 'POST / HTTP/1.1\r\nHost: a\r\n',
  C: 'Transfer-Encoding: chunked\r\n',
  L: '0\r\n\r\n',
  S: 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n',
}

/** Decodes escapes and macros to latin1. */
export function decodeBytes(text: string): string {
  return text
    .replace(/\{=((?:\{[^}]*\}|[^{}])*)\*(\d+)\}/g, (_, body: string, count: string) => decodeBytes(body).repeat(Number(count)))
    .replace(/\{([GPCLS])\}/g, (_, name: string) => macros[name] ?? '')
    .replace(/\{([^{}=:*]*)\*(\d+)\}/g, (_, body: string, count: string) => body.repeat(Number(count)))
    .replace(/\\(?:x([0-9a-fA-F]{2})|([rntb\\]))/g, (_, hex: string | undefined, letter: string | undefined) =>
      hex === undefined ? ({ r: '\r', n: '\n', t: '\t', '\\': '\\' }[letter ?? ''] ?? '') : String.fromCharCode(Number.parseInt(hex, 16)),
    )
}
