/** Reads the compact table of Kubernetes' own types into the declarative form; each type only when it is first asked for. */
import { kubernetesKinds, kubernetesTypes } from '../gen/kubernetes.js'
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

const decoded = new Map<string, ObjectType>()

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

/** The type of a kind such as (`apps/v1`, `Deployment`), or undefined for a kind outside the table. */
export function kubernetesKindType(apiVersion: string, kind: string): ObjectType | undefined {
  const key = `${apiVersion} ${kind}`
  return Object.hasOwn(kubernetesKinds, key) ? kubernetesType(kubernetesKinds[key] as string) : undefined
}

/** @param name as in the table, such as `ObjectMeta`. */
export function kubernetesType(name: string): ObjectType {
  const known = decoded.get(name)
  if (known) return known
  const fields = new Map<string, Field>()
  const type: ObjectType = { kind: 'object', name, fields, oneOf: [], isNullAbsent: true }
  decoded.set(name, type)
  for (const row of (kubernetesTypes[name] ?? '').split('; ')) {
    const space = row.indexOf(' ')
    if (space > 0) addField(fields, row.slice(0, space), row.slice(space + 1))
  }
  return type
}

function addField(fields: Map<string, Field>, key: string, typeText: string): void {
  const isRequired = key.endsWith('!')
  const equals = typeText.indexOf('=')
  const spec = equals < 0 ? typeText : typeText.slice(0, equals)
  let type: FieldType | undefined
  const field = {
    isRequired,
    // Types refer to each other in circles, so a field's type is made when it is first read.
    get type(): FieldType {
      type ??= readType(spec)
      return type
    },
    ...(equals < 0 ? {} : { default: readDefault(spec, typeText.slice(equals + 1)) }),
  }
  fields.set(isRequired ? key.slice(0, -1) : key, field)
}

function readDefault(spec: string, value: string): string | number {
  return spec.startsWith('int') ? Number(value) : value
}

function readType(spec: string): FieldType {
  if (spec.startsWith('#')) return kubernetesType(spec.slice(1))
  if (spec.startsWith('{}')) return { kind: 'map', values: readType(spec.slice(2)) }
  if (spec.startsWith('[')) return readList(spec)
  const angle = spec.indexOf('<')
  if (angle < 0) return scalars[spec] ?? anything
  return { kind: 'string', values: spec.slice(angle + 1, -1).split('|') } satisfies StringType
}

function readList(spec: string): ListType {
  const end = spec.indexOf(']')
  const items = readType(spec.slice(end + 1))
  const [mergeKey = '', mapKeys = ''] = spec.slice(1, end).split('|')
  return {
    kind: 'list',
    items,
    ...(mergeKey === '' ? {} : { mergeKey }),
    ...(mapKeys === '' ? {} : { mapKeys: mapKeys.split(',') }),
  }
}
