/** Reads `Warning:` headers of an API server (RFC 7234 section 5.5: code, agent, quoted text, perhaps a date). */

/** The texts of code 299, the only one that a Kubernetes API sends; several headers come joined by commas. */
export function readWarnings(header: string): readonly string[] {
  return [...header.matchAll(/(\d{3}) \S+ "((?:[^"\\]|\\.)*)"/g)]
    .filter((match) => match[1] === '299')
    .map((match) => unquoted(match[2] ?? ''))
}

/** Node reads headers as Latin-1; the server wrote UTF-8. */
function unquoted(text: string): string {
  return Buffer.from(text.replaceAll(/\\(.)/g, '$1'), 'latin1').toString('utf8')
}
