/** `-o custom-columns=NAME:.metadata.name,...` as kubectl has it: braces and the first dot may be left out. */
import { compileJsonPath, type JsonPath } from './json-path.js'
import { jsonPathError } from './json-path-parser.js'
import type { TextTable } from './table.js'

export interface CustomColumn {
  readonly title: string
  readonly path: JsonPath
}

/** @throws HEDDLE_CLI_JSONPATH */
export function parseCustomColumns(text: string): readonly CustomColumn[] {
  return text.split(',').map((column) => {
    const colon = column.indexOf(':')
    if (colon <= 0 || colon === column.length - 1) throw jsonPathError(`the column "${column}" is not TITLE:PATH`)
    return { title: column.slice(0, colon), path: compileJsonPath(withBraces(column.slice(colon + 1))) }
  })
}

export function customTable(columns: readonly CustomColumn[], objects: readonly unknown[]): TextTable {
  const cell = (values: readonly unknown[]): string => (values.length === 0 ? '<none>' : values.map(goText).join(','))
  return {
    header: columns.map(({ title }) => title),
    rows: objects.map((object) => columns.map(({ path }) => cell(path.values(object)))),
  }
}

/** A path as kubectl lets it be written outside of a template. */
export function withBraces(path: string): string {
  const bare = /^\{(.*)\}$/s.exec(path)?.[1] ?? path
  return `{${/^[.[$@]/.test(bare) ? bare : `.${bare}`}}`
}

/** A value as Go prints it: `map[a:b]`, `[a b]`. */
function goText(value: unknown): string {
  if (value === null || value === undefined) return '<nil>'
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`
  if (typeof value !== 'object') return String(value as string | number | boolean)
  const entries = Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1))
  return `map[${entries.map(([key, inner]) => `${key}:${goText(inner)}`).join(' ')}]`
}
