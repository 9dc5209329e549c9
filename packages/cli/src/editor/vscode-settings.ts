/**
 * Sets `yaml.schemas` in `.vscode/settings.json`, which is JSON with comments and trailing commas: whatever else stands in the file
 * stays as it is, down to the comments.
 */
import {
  applyEdits,
  findNodeAtLocation,
  getNodeValue,
  modify,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from 'jsonc-parser'
import type { SchemaMapping, SettingsChange } from './schema-mapping.js'

/** @param text undefined when there is no file. */
export function changeVscodeSettings(text: string | undefined, { schema, former, files, isChosen }: SchemaMapping): SettingsChange {
  const before = text === undefined || text.trim() === '' ? '{}\n' : text
  const errors: ParseError[] = []
  const root = parseTree(before.replace(/^\ufeff/, ' '), errors, { allowTrailingComma: true })
  const [error] = errors
  if (error !== undefined) return { kind: 'refused', reason: `${printParseErrorCode(error.error)} in line ${lineAt(before, error.offset)}` }
  if (root?.type !== 'object') return { kind: 'refused', reason: 'it holds no object' }
  const schemas = findNodeAtLocation(root, ['yaml.schemas'])
  if (schemas !== undefined && schemas.type !== 'object') return { kind: 'refused', reason: '"yaml.schemas" is no object' }
  const key = `./${schema}`
  const known = valueAt(root, key)
  const left = former.map((other) => `./${other}`).filter((other) => other !== key && valueAt(root, other) !== undefined)
  const isKept = known !== undefined && (!isChosen || JSON.stringify(known) === JSON.stringify(files))
  if (isKept && left.length === 0) return { kind: 'kept' }
  // Patterns that nobody chose now stay as somebody may have changed them.
  const wanted = isChosen ? files : (known ?? left.map((other) => valueAt(root, other))[0] ?? files)
  const formattingOptions = layoutOf(before)
  const set = (text: string, name: string, value: unknown): string =>
    applyEdits(text, modify(text, ['yaml.schemas', name], value, { formattingOptions }))
  return { kind: 'changed', text: left.reduce((current, other) => set(current, other, undefined), set(before, key, wanted)) }
}

function valueAt(root: Node, key: string): unknown {
  const node = findNodeAtLocation(root, ['yaml.schemas', key])
  return node === undefined ? undefined : getNodeValue(node)
}

function layoutOf(text: string) {
  const [, indentation = '  '] = /\n([ \t]+)\S/.exec(text) ?? []
  const eol = text.includes('\r\n') ? '\r\n' : '\n'
  return indentation.startsWith('\t') ? { insertSpaces: false, tabSize: 4, eol } : { insertSpaces: true, tabSize: indentation.length, eol }
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length
}
