/**
 * Rules read typed values. To judge the rest of a resource in which some values have the wrong type, those are left out or
 * replaced by something of the right type; a fault that comes up both ways does not follow from them.
 */
import { isDuration, type FieldType, type StringType } from '../model/field-type.js'
import { formatPath, type FieldPath, type PathSegment } from '../path.js'
import type { Fault } from './fault.js'

/** A value met where another type belongs. */
export interface WrongValue {
  readonly path: FieldPath
  readonly type: FieldType
}

/** What becomes of a wrong value that is a field of a mapping; in a list it is always replaced, so that its neighbours keep their places. */
type Repair = 'leave-out' | 'replace'

/** Runs `check` on readable copies of `value`; nulls are left out of mappings, where they stand for absent fields. */
export function faultsBeside(
  value: unknown,
  wrong: readonly WrongValue[],
  check: (readable: unknown) => readonly Fault[],
): readonly Fault[] {
  const types = new Map(wrong.map(({ path, type }) => [formatPath(path), type]))
  if (types.has('')) return []
  const [first, second] = (['leave-out', 'replace'] as const).map((how) => check(repaired(value, [], types, how)))
  const both = new Set(second?.map(identityOf))
  return (first ?? []).filter((fault) => both.has(identityOf(fault)) && !isInside(fault.path, types))
}

function identityOf({ ruleId, path, message }: Fault): string {
  return `${ruleId} ${formatPath(path)} ${message}`
}

function isInside(path: FieldPath, types: ReadonlyMap<string, FieldType>): boolean {
  return path.some((_, index) => types.has(formatPath(path.slice(0, index + 1))))
}

function repaired(value: unknown, path: PathSegment[], types: ReadonlyMap<string, FieldType>, how: Repair): unknown {
  const type = types.size === 0 ? undefined : types.get(formatPath(path))
  if (type !== undefined) return sampleOf(type, value)
  if (Array.isArray(value)) return value.map((entry, index) => repaired(entry, [...path, index], types, how))
  if (typeof value !== 'object' || value === null) return value
  const copy: Record<string, unknown> = {}
  for (const [key, entry] of Object.entries(value)) {
    const at = [...path, key]
    const isLeftOut = entry === null || entry === undefined || (how === 'leave-out' && types.has(formatPath(at)))
    if (!isLeftOut) copy[key] = repaired(entry, at, types, how)
  }
  return copy
}

/** What was probably meant, else anything of the type. */
function sampleOf(type: FieldType, value: unknown): unknown {
  switch (type.kind) {
    case 'string':
      return sampleText(type, value)
    case 'integer':
    case 'number': {
      const number = Number(value)
      return typeof value === 'string' && Number.isInteger(number) ? number : Math.max(type.min ?? 1, 1)
    }
    case 'boolean':
      return value === 'true'
    case 'intOrString':
      return 1
    case 'quantity':
      return '1'
    case 'list':
      return [sampleOf(type.items, value)]
    case 'object':
    case 'map':
      return {}
    case 'any':
      return value
  }
}

function sampleText(type: StringType, value: unknown): string {
  if (typeof value === 'string') return value
  if (type.values !== undefined) return type.values.find((word) => word !== '') ?? ''
  if (isDuration(type)) return '1s'
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : 'a'
}
