/** Says in a sentence for newcomers what the YAML parser found wrong. */

const sentences: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'A tab stands where YAML wants spaces; indent with spaces only.',
  BAD_INDENT: 'The indentation does not fit the lines above; entries of one mapping or list begin in the same column.',
  MISSING_CHAR: 'Something is missing here: a colon after a key, or a closing bracket.',
  UNCLOSED_QUOTE: 'The quote that opens here is never closed; close it, or remove it.',
  BLOCK_AS_IMPLICIT_KEY: 'A nested mapping begins on the line of its key; put it on the next line, or quote the value.',
  BLOCK_IN_FLOW: 'A block mapping or list stands inside [...] or {...}.',
  MULTILINE_IMPLICIT_KEY: 'This line has no colon, or a quote above it is not closed.',
  UNEXPECTED_TOKEN: 'This does not belong here.',
  BAD_ALIAS: 'An alias needs a name right after "*"; a value that begins with "*" must be quoted, as in "*.example.com".',
  BAD_DQ_ESCAPE: 'This escape is not known in double quotes; write \\\\ for a backslash, or use single quotes.',
  BAD_SCALAR_START: 'A value cannot begin with this character; put it in quotes.',
  BAD_PROP_ORDER: 'Anchors and tags stand before the value they belong to.',
  KEY_OVER_1024_CHARS: 'A key is at most 1024 characters long.',
  MULTIPLE_ANCHORS: 'A value has at most one anchor.',
  MULTIPLE_TAGS: 'A value has at most one tag.',
  BAD_DIRECTIVE: 'This directive is not known to YAML.',
}

/** Sentences that say it all, without the parser's own words. */
const plain = new Set(['TAB_AS_INDENT', 'BAD_ALIAS', 'UNCLOSED_QUOTE', 'BAD_INDENT'])

/** What some of the parser's own words mean to somebody who writes manifests. */
const detailed: Readonly<Record<string, string>> = {
  'A block sequence may not be used as an implicit map key':
    'A list and the fields of a mapping are mixed up around this line: a "-" is missing above, or the indentation changed.',
  'Nested mappings are not allowed in compact mappings':
    'This value is followed by what looks like another field: a ": " in a value needs quotes, and lines that belong together begin in the same column.',
  'Unexpected block-seq-ind on same line with key': 'A list begins on the line after its key, not beside it.',
  'Unexpected , in flow map': 'An entry is missing before this comma.',
  'Unexpected , in flow sequence': 'An entry is missing before this comma.',
  'Missing , or : between flow map items': 'Inside {...} a comma is missing between two entries, or a ": " after a key.',
  'Missing , or : between flow sequence items': 'Inside [...] a comma is missing between two entries.',
  'Comments must be separated from other tokens by white space characters': 'A space is missing before the "#" of a comment.',
  'Sequence item without - indicator': 'This line stands in the column of a list but has no "-".',
}

export interface YamlSyntaxError {
  readonly code: string
  readonly message: string
  /** Offsets in the text. */
  readonly start: number
  readonly end: number
  /** Where the entry begins whose column a line misses. */
  readonly before?: number
}

/** Faults of the outline: the first of them puts the rest of the document out of step. */
export const outlineCodes: ReadonlySet<string> = new Set([
  'BAD_INDENT',
  'BLOCK_AS_IMPLICIT_KEY',
  'MULTILINE_IMPLICIT_KEY',
  'MISSING_CHAR',
  'UNEXPECTED_TOKEN',
  'BLOCK_IN_FLOW',
])
const outlineBreakers = new Set([...outlineCodes, 'TAB_AS_INDENT', 'BAD_ALIAS', 'BAD_SCALAR_START', 'UNCLOSED_QUOTE'])

/** Whether a fault says no more than that one of those told already put the outline out of step. */
export function isConsequence(error: YamlSyntaxError, told: readonly YamlSyntaxError[]): boolean {
  return outlineCodes.has(error.code) && told.some(({ code }) => outlineBreakers.has(code))
}

/** @param place line and column of an offset, for people. */
export function syntaxMessage(error: YamlSyntaxError, place: (offset: number) => { readonly line: number; readonly col: number }): string {
  const detail = error.message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? ''
  const bracket = /^Flow .* end with a ([\]}])/.exec(detail)?.[1]
  if (bracket !== undefined) return `A "${bracket === ']' ? '[' : '{'}" above is not closed; a "${bracket}" is missing before this line.`
  if (/^Unexpected flow-(?:seq|map)-end token/.test(detail))
    return 'This bracket closes nothing; remove it, or quote the value it belongs to.'
  if (/^Unexpected .* at node end$/.test(detail)) return 'This does not belong here: the value before it is complete already.'
  const sentence = detailed[detail] ?? sentences[error.code]
  if (sentence === undefined) return `This is not valid YAML: ${detail}.`
  if (error.before !== undefined) {
    const { line, col } = place(error.before)
    return `This line should begin in column ${col} like the entry on line ${line}, or a line between the two is indented wrongly.`
  }
  return plain.has(error.code) || detail in detailed ? sentence : `${sentence} (${detail})`
}
