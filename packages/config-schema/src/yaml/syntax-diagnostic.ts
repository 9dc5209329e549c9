/** Says in a sentence for newcomers what the YAML parser found wrong. */

const sentences: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'A tab stands where YAML wants spaces; indent with spaces only.',
  BAD_INDENT: 'The indentation does not fit the lines above; entries of one mapping or list begin in the same column.',
  MISSING_CHAR: 'Something is missing here: a colon after a key, a closing quote, or a closing bracket.',
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

export interface YamlSyntaxError {
  readonly code: string
  readonly message: string
  /** Offsets in the text. */
  readonly start: number
  readonly end: number
}

export function syntaxMessage(error: YamlSyntaxError): string {
  const detail = error.message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? ''
  const sentence = sentences[error.code]
  if (sentence === undefined) return `This is not valid YAML: ${detail}.`
  return error.code === 'TAB_AS_INDENT' || error.code === 'BAD_ALIAS' ? sentence : `${sentence} (${detail})`
}
