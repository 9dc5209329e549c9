/**
 * Cuts a manifest into its YAML documents without parsing it, so that documents nobody touches can be written back byte for byte: a line that starts
 * with `---` begins a document and a line `...` ends one, in every context YAML allows at column 1 (YAML 1.2 section 9.1).
 */

export interface SourceDocument {
  /** The very bytes, `---` line, comments and line ends included. All documents in a row are the manifest. */
  readonly text: string
  /** Offset in the manifest at which it starts. */
  readonly start: number
}

export function splitDocuments(manifest: string): SourceDocument[] {
  const documents: SourceDocument[] = []
  let start = 0
  let hasOnlyDirectives = false
  const cut = (end: number): void => {
    if (end > start) documents.push({ text: manifest.slice(start, end), start })
    start = end
  }
  for (let at = 0; at < manifest.length;) {
    const end = endOfLine(manifest, at)
    const text = manifest.slice(at, end)
    // %YAML and %TAG lines belong to the document whose `---` follows
    if (isMarker(text, '---') && !hasOnlyDirectives) cut(at)
    if (isMarker(text, '...')) cut(end)
    hasOnlyDirectives = isDirective(text, hasOnlyDirectives, at === start)
    at = end
  }
  cut(manifest.length)
  return documents
}

/** The lines before a document's content: its `---` line, blank lines and comments. */
export function leadOf(text: string): string {
  let at = 0
  while (at < text.length) {
    const end = endOfLine(text, at)
    if (!/^(\uFEFF?---)?[ \t]*(#.*)?\r?\n?$/.test(text.slice(at, end))) break
    at = end
  }
  const lead = text.slice(0, at)
  return lead === '' || lead.endsWith('\n') ? lead : `${lead}\n`
}

/** Whether the document says by `...` that it ends. */
export function hasEndMarker(text: string): boolean {
  return /(^|\n)\.\.\.[ \t]*(#.*)?\r?\n?$/.test(text)
}

function endOfLine(text: string, at: number): number {
  const newline = text.indexOf('\n', at)
  return newline === -1 ? text.length : newline + 1
}

function isMarker(line: string, marker: string): boolean {
  return line.startsWith(marker) && /^(\s|$)/.test(line.slice(marker.length))
}

function isDirective(line: string, wasDirective: boolean, isFirst: boolean): boolean {
  const isBlank = /^\s*(#.*)?$/.test(line.trimEnd())
  return line.startsWith('%') ? isFirst || wasDirective : wasDirective && isBlank
}
