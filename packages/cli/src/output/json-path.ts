/**
 * kubectl's JSONPath templates: text with `{...}` in between, where fields, `[*]`, `[n]`, slices, unions, `..name`, filters,
 * quoted text and `range`/`end` stand. What is not there is nothing, as kubectl has it for `get`; an index out of bounds is
 * an error. Objects are written as Go writes JSON: keys in order, `<`, `>` and `&` escaped.
 */
import { jsonPathError, parseTemplate, type PathNode, type PathStep, type TemplateNode } from './json-path-parser.js'

export interface JsonPath {
  /** The template with its values. @throws HEDDLE_CLI_JSONPATH */
  render(value: unknown): string
  /** The values of all paths, one after another. @throws HEDDLE_CLI_JSONPATH */
  values(value: unknown): readonly unknown[]
}

/** @throws HEDDLE_CLI_JSONPATH */
export function compileJsonPath(template: string): JsonPath {
  const nodes = parseTemplate(template)
  return {
    render: (value) => renderNodes(nodes, value),
    values: (value) => nodes.flatMap((node) => (node.kind === 'path' ? evaluate(node, value, value) : [])),
  }
}

function renderNodes(nodes: readonly TemplateNode[], current: unknown, root: unknown = current): string {
  return nodes
    .map((node) => {
      if (node.kind === 'text') return node.text
      if (node.kind === 'path') return evaluate(node, current, root).map(valueText).join(' ')
      return evaluate(node.over, current, root)
        .map((item) => renderNodes(node.body, item, root))
        .join('')
    })
    .join('')
}

function evaluate(path: PathNode, current: unknown, root: unknown): readonly unknown[] {
  return walk(path.steps, [path.isFromRoot ? root : current], root)
}

/** A union goes over all values for its first path, then for its second. */
function walk(steps: readonly PathStep[], from: readonly unknown[], root: unknown): readonly unknown[] {
  return steps.reduce(
    (values, step) =>
      step.kind === 'union'
        ? step.paths.flatMap((path) => walk(path.steps, values, root))
        : values.flatMap((value) => take(step, value, root)),
    from,
  )
}

type Branch = Readonly<Record<string, unknown>>

function isObject(value: unknown): value is Branch {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function take(step: Exclude<PathStep, { kind: 'union' }>, value: unknown, root: unknown): readonly unknown[] {
  switch (step.kind) {
    case 'field':
      return isObject(value) && Object.hasOwn(value, step.name) ? [value[step.name]] : []
    case 'wildcard':
      return typeof value === 'object' && value !== null ? Object.values(value) : []
    case 'descent':
      return descend(value)
    case 'slice':
      return slice(step, value)
    case 'filter':
      return filter(step, value, root)
  }
}

/** The value itself and everything below it. */
function descend(value: unknown): readonly unknown[] {
  if (typeof value !== 'object' || value === null) return []
  return [value, ...Object.values(value).flatMap(descend)]
}

function slice({ start, end, step, isIndex }: Extract<PathStep, { kind: 'slice' }>, value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) return []
  const place = (at: number): number => (at < 0 ? at + value.length : at)
  if (isIndex) {
    const at = place(start ?? 0)
    if (at >= 0 && at < value.length) return [value[at]]
    throw jsonPathError(`array index out of bounds: index ${start ?? 0}, length ${value.length}`)
  }
  const all: readonly unknown[] = value.slice(place(start ?? 0), Math.max(0, place(end ?? value.length)))
  return all.filter((_, index) => index % (step ?? 1) === 0)
}

function filter({ left, operator, right }: Extract<PathStep, { kind: 'filter' }>, value: unknown, root: unknown): readonly unknown[] {
  if (!Array.isArray(value)) return []
  return value.filter((item: unknown) => {
    const [lefts, rights] = [left, right].map((side) => operands(side, item, root)) as [readonly unknown[], readonly unknown[]]
    if (operator === 'exists') return lefts.length > 0
    if (lefts.length > 1 || rights.length > 1) throw jsonPathError('can only compare one element at a time')
    return lefts.length === 1 && rights.length === 1 && compare(lefts[0], operator, rights[0])
  })
}

function operands(side: Extract<PathStep, { kind: 'filter' }>['left'] | undefined, item: unknown, root: unknown): readonly unknown[] {
  if (side === undefined) return []
  return side.kind === 'literal' ? [side.value] : evaluate(side, item, root)
}

/** Values of different types are unequal, and none is less than the other. */
function compare(left: unknown, operator: string, right: unknown): boolean {
  if (operator === '==') return left === right
  if (operator === '!=') return left !== right
  const isOrdered = (typeof left === 'string' && typeof right === 'string') || (typeof left === 'number' && typeof right === 'number')
  if (!isOrdered) return false
  const [a, b] = [left, right] as [number, number]
  if (operator === '<') return a < b
  if (operator === '<=') return a <= b
  return operator === '>' ? a > b : a >= b
}

function valueText(value: unknown): string {
  return typeof value === 'string' ? value : goJson(value)
}

const escapes = /[<>&\u2028\u2029]/g

/** JSON as Go's encoder writes it. */
export function goJson(value: unknown, indent: string = ''): string {
  const text = JSON.stringify(value, (_key, inner: unknown) => (isObject(inner) ? sorted(inner) : inner), indent)
  return text.replace(escapes, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

function sorted(object: Branch): Branch {
  return Object.fromEntries(Object.entries(object).toSorted(([left], [right]) => (left < right ? -1 : 1)))
}
