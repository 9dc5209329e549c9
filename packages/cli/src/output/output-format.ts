/** What `get -o` may say: tables, the objects, or parts of them by kubectl's templates. */
import { usageError } from '../command/parse.js'
import { type CustomColumn, parseCustomColumns } from './custom-columns.js'
import { compileJsonPath, type JsonPath } from './json-path.js'
import { objectFormats, type ObjectFormat } from './objects.js'

export type OutputFormat =
  | { readonly kind: 'table'; readonly wide: boolean }
  | { readonly kind: 'objects'; readonly format: ObjectFormat }
  | { readonly kind: 'jsonpath'; readonly path: JsonPath; readonly asJson: boolean }
  | { readonly kind: 'columns'; readonly columns: readonly CustomColumn[] }

/** @throws HEDDLE_CLI_USAGE, HEDDLE_CLI_JSONPATH */
export function parseOutputFormat(text: string | undefined): OutputFormat {
  if (text === undefined || text === 'wide') return { kind: 'table', wide: text === 'wide' }
  const format = objectFormats.find((known) => known === text)
  if (format) return { kind: 'objects', format }
  const [name = '', ...more] = text.split('=')
  const template = more.join('=')
  if (name === 'jsonpath' || name === 'jsonpath-as-json' || name === 'custom-columns') {
    if (template === '')
      throw usageError(`-o ${name} needs a template: -o ${name}=${name === 'custom-columns' ? 'TITLE:PATH' : "'{.PATH}'"}`)
    if (name === 'custom-columns') return { kind: 'columns', columns: parseCustomColumns(template) }
    return { kind: 'jsonpath', path: compileJsonPath(template), asJson: name === 'jsonpath-as-json' }
  }
  throw usageError(`-o ${text} is not one of wide, ${objectFormats.join(', ')}, jsonpath=, jsonpath-as-json=, custom-columns=`)
}
