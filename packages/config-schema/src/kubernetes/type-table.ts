/** Reads the compact tables of Kubernetes' own types into the declarative form; each type only when it is first asked for. */
import {
  anything,
  flag,
  integer,
  int32,
  text,
  type Field,
  type FieldType,
  type ListType,
  type ObjectType,
  type StringType,
} from '../model/field-type.js'

/** Gives a type by its name in the table, such as `ObjectMeta`. */
export type TypeTable = (name: string) => ObjectType

const scalars: Readonly<Record<string, FieldType>> = {
  string: text(),
  boolean: flag,
  int32,
  int64: integer(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
  number: { kind: 'number' },
  intOrString: { kind: 'intOrString' },
  quantity: { kind: 'quantity' },
  bytes: text('base64'),
  time: text('time'),
  any: anything,
}

/** @param elsewhere asked for names that are not in these rows. */
export function typeTable(rows: Readonly<Record<string, string>>, elsewhere?: TypeTable): TypeTable {
  const decoded = new Map<string, ObjectType>()
  const table: TypeTable = (name) => {
    const known = decoded.get(name)
    if (known) return known
    if (elsewhere !== undefined && !Object.hasOwn(rows, name)) return elsewhere(name)
    const fields = new Map<string, Field>()
    const type: ObjectType = { kind: 'object', name, fields, oneOf: [], isNullAbsent: true }
    decoded.set(name, type)
    for (const row of (rows[name] ?? '').split('; ')) {
      const space = row.indexOf(' ')
      if (space > 0) addField(fields, row.slice(0, space), row.slice(space + 1), table)
    }
    return type
  }
  return table
}

function addField(fields: Map<string, Field>, key: string, typeText: string, table: TypeTable): void {
  const isRequired = key.endsWith('!')
  const equals = typeText.indexOf('=')
  const spec = equals < 0 ? typeText : typeText.slice(0, equals)
  let type: FieldType | undefined
  const field = {
    isRequired,
    // Types refer to each other in circles, so a field's type is made when it is first read.
    get type(): FieldType {
      type ??= readType(spec, table)
      return type
    },
    ...(equals < 0 ? {} : { default: readDefault(spec, typeText.slice(equals + 1)) }),
  }
  fields.set(isRequired ? key.slice(0, -1) : key, field)
}

function readDefault(spec: string, value: string): string | number {
  return spec.startsWith('int') ? Number(value) : value
}

function readType(spec: string, table: TypeTable): FieldType {
  if (spec.startsWith('#')) return table(spec.slice(1))
  if (spec.startsWith('{}')) return { kind: 'map', values: readType(spec.slice(2), table) }
  if (spec.startsWith('[')) return readList(spec, table)
  const angle = spec.indexOf('<')
  if (angle < 0) return scalars[spec] ?? anything
  return { kind: 'string', values: spec.slice(angle + 1, -1).split('|') } satisfies StringType
}

function readList(spec: string, table: TypeTable): ListType {
  const end = spec.indexOf(']')
  const items = readType(spec.slice(end + 1), table)
  const [mergeKey = '', mapKeys = ''] = spec.slice(1, end).split('|')
  return {
    kind: 'list',
    items,
    ...(mergeKey === '' ? {} : { mergeKey }),
    ...(mapKeys === '' ? {} : { mapKeys: mapKeys.split(',') }),
  }
}
