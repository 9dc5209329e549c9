/** `--sort-by PATH`: objects by a value in them, as kubectl orders them. */
import { withBraces } from './custom-columns.js'
import { compileJsonPath } from './json-path.js'

export type ObjectOrder = (left: unknown, right: unknown) => number

/** Numbers by size, texts with the numbers in them by size, objects without the value first. @throws HEDDLE_CLI_JSONPATH */
export function objectOrder(path: string): ObjectOrder {
  const compiled = compileJsonPath(withBraces(path))
  return (left, right) => compareValues(compiled.values(left)[0], compiled.values(right)[0])
}

const texts = new Intl.Collator('en', { numeric: true })

function compareValues(left: unknown, right: unknown): number {
  if (isNone(left) || isNone(right)) return Number(isNone(right)) - Number(isNone(left))
  if (typeof left === 'number' && typeof right === 'number') return left - right
  return texts.compare(textOf(left), textOf(right))
}

const isNone = (value: unknown): boolean => value === undefined || value === null
const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))
