/**
 * The part of YAML 1.2 that kubeconfig files are written in by machines: block mappings and sequences of plain or quoted
 * one-line scalars, and the empty flow collections. Anything else is refused, so nothing is misread; a full YAML
 * parser would be many times the size of the client.
 */

interface Line {
  readonly indent: number
  readonly text: string
  readonly number: number
}

export function parseBlockYaml(source: string): unknown {
  const lines: Line[] = []
  for (const [index, raw] of source.split(/\r?\n/).entries()) {
    const text = raw.trimStart()
    if (text === '' || text.startsWith('#') || /^---\s*$/.test(raw)) continue
    if (raw.slice(0, raw.length - text.length).includes('\t')) throw new Error(`line ${index + 1}: tabs cannot indent YAML`)
    lines.push({ indent: raw.length - text.length, text: text.trimEnd(), number: index + 1 })
  }
  if (lines.length === 0) return {}
  const reader = { lines, at: 0 }
  const value = readBlock(reader, (lines[0] as Line).indent)
  const rest = reader.lines[reader.at]
  if (rest) throw refuse(rest, 'unexpected indentation')
  return value
}

interface Reader {
  lines: Line[]
  at: number
}

function readBlock(reader: Reader, indent: number): unknown {
  return isItem((reader.lines[reader.at] as Line).text) ? readSequence(reader, indent) : readMapping(reader, indent)
}

function readSequence(reader: Reader, indent: number): unknown[] {
  const items: unknown[] = []
  for (let line = reader.lines[reader.at]; line && line.indent === indent && isItem(line.text); line = reader.lines[reader.at]) {
    const inner = line.text.slice(1).trimStart()
    if (inner === '') {
      reader.at++
      items.push(readNested(reader, indent))
    } else if (isPair(inner)) {
      // The first pair of a mapping stands behind the dash: read it as a line of its own.
      const shifted = { indent: indent + line.text.length - inner.length, text: inner, number: line.number }
      reader.lines[reader.at] = shifted
      items.push(readMapping(reader, shifted.indent))
    } else {
      reader.at++
      items.push(readScalar(inner, line))
    }
  }
  return items
}

function readMapping(reader: Reader, indent: number): Record<string, unknown> {
  const mapping: Record<string, unknown> = {}
  for (let line = reader.lines[reader.at]; line && line.indent === indent && !isItem(line.text); line = reader.lines[reader.at]) {
    const match = /^("[^"]*"|'[^']*'|[^\s"'][^:]*?):(?:\s+(.*))?$/.exec(line.text)
    if (!match) throw refuse(line, 'expected "key: value"')
    reader.at++
    const key = String(readScalar(match[1] as string, line))
    const value = match[2] === undefined || match[2].startsWith('#') ? '' : match[2]
    Object.defineProperty(mapping, key, { value: value === '' ? readNested(reader, indent) : readScalar(value, line), enumerable: true })
  }
  return mapping
}

/** What follows `key:`: a deeper block, or a sequence at the key's own depth. */
function readNested(reader: Reader, indent: number): unknown {
  const next = reader.lines[reader.at]
  if (next && (next.indent > indent || (next.indent === indent && isItem(next.text)))) return readBlock(reader, next.indent)
  return null
}

function readScalar(text: string, line: Line): unknown {
  const first = text[0] as string
  if (first === '"') return JSON.parse(text) as string
  if (first === "'") return text.slice(1, -1).replaceAll("''", "'")
  if (text === '{}') return {}
  if (text === '[]') return []
  if ('[{|>&*!%@`'.includes(first)) throw refuse(line, `the YAML form "${first}" is not supported here`)
  const plain = text.replace(/\s+#.*$/, '')
  if (plain === 'true' || plain === 'false') return plain === 'true'
  if (plain === 'null' || plain === '~') return null
  return plain
}

function isItem(text: string): boolean {
  return text === '-' || text.startsWith('- ')
}

function isPair(text: string): boolean {
  return /^("[^"]*"|'[^']*'|[^\s"'{[][^:]*?):(\s|$)/.test(text)
}

function refuse(line: Line, reason: string): Error {
  return new Error(`line ${line.number}: ${reason}`)
}
