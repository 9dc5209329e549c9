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
export function changeVscodeSettings(text: string | undefined, { schema, files, isChosen }: SchemaMapping): SettingsChange {
  const before = text === undefined || text.trim() === '' ? '{}\n' : text
  const errors: ParseError[] = []
  const root = parseTree(before.replace(/^\ufeff/, ' '), errors, { allowTrailingComma: true })
  const [error] = errors
  if (error !== undefined) return { kind: 'refused', reason: `${printParseErrorCode(error.error)} in line ${lineAt(before, error.offset)}` }
  if (root?.type !== 'object') return { kind: 'refused', reason: 'it holds no object' }
  const schemas = findNodeAtLocation(root, ['yaml.schemas'])
  if (schemas !== undefined && schemas.type !== 'object') return { kind: 'refused', reason: '"yaml.schemas" is no object' }
  const key = `./${schema}`
  const known = schemas === undefined ? undefined : valueAt(root, key)
  const isKept = known !== undefined && (!isChosen || JSON.stringify(known) === JSON.stringify(files))
  if (isKept) return { kind: 'kept' }
  return {
    kind: 'changed',
    text: applyEdits(before, modify(before, ['yaml.schemas', key], files, { formattingOptions: layoutOf(before) })),
  }
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
