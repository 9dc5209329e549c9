/** `--sort-by PATH`: objects by a value in them, as kubectl orders them. */
import { withBraces } from './custom-columns.js'
import { compileJsonPath } from './json-path.js'
import { jsonPathError } from './json-path-parser.js'

/** @throws HEDDLE_CLI_JSONPATH when none of the objects has the value. */
export type ObjectOrder = <Item>(items: readonly Item[], objectOf: (item: Item) => unknown) => readonly Item[]

/** Numbers by size, texts with the numbers in them by size, objects without the value first. @throws HEDDLE_CLI_JSONPATH */
export function objectOrder(path: string): ObjectOrder {
  const compiled = compileJsonPath(withBraces(path))
  return (items, objectOf) => {
    const rows = items.map((item) => ({ item, value: compiled.values(objectOf(item))[0] }))
    if (rows.length > 0 && rows.every(({ value }) => isNone(value))) throw jsonPathError(`no object has a value at "${path}" to sort by`)
    return rows.toSorted((left, right) => compareValues(left.value, right.value)).map(({ item }) => item)
  }
}

const texts = new Intl.Collator('en', { numeric: true })

function compareValues(left: unknown, right: unknown): number {
  if (isNone(left) || isNone(right)) return Number(isNone(right)) - Number(isNone(left))
  if (typeof left === 'number' && typeof right === 'number') return left - right
  return texts.compare(textOf(left), textOf(right))
}

const isNone = (value: unknown): boolean => value === undefined || value === null
const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))
