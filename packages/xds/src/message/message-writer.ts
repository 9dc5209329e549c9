/**
 * From a message's canonical JSON form straight to its bytes: the generic way of protobuf-es (JSON to message, message to bytes, twice for every Any)
 * takes twenty times as long, and a control plane does this for every resource.
 */
import type { DescMessage } from '@bufbuild/protobuf'
import { WireType } from '@bufbuild/protobuf/wire'
import { ByteWriter } from './byte-writer.js'
import { type FieldPlan, planOf, type ValuePlan } from './message-plan.js'
import { registry } from '../registry.js'

type Json = Readonly<Record<string, unknown>>

/** Writing is synchronous, so one buffer serves all; what a failed write left in it is dropped. */
const writer = new ByteWriter()

/** @throws when a value is outside of its enum, or an Any of a type that this package lacks. */
export function writeMessage(schema: DescMessage, json: object): Uint8Array {
  writer.rewind(0)
  writeContent(schema, json)
  return writer.finish()
}

function writeContent(schema: DescMessage, json: unknown): void {
  const plan = planOf(schema)
  switch (plan.form) {
    case 'message':
      return writeFields(plan.fields, json as Json)
    case 'any':
      return writeAny(json as Json)
    case 'duration':
      return writeDuration(json as string)
    case 'struct':
      return writeStruct(json as Json)
    case 'wrapper':
      return writeFields(plan.fields, { value: json })
  }
}

function writeFields(fields: readonly FieldPlan[], json: Json): void {
  for (const field of fields) {
    const value = json[field.jsonName]
    if (value === undefined) continue
    if (field.shape === 'list') writeList(field, value as readonly unknown[])
    else if (field.shape === 'map') writeMap(field, value as Json)
    else if (field.implicitDefault === undefined || value !== field.implicitDefault) writeValue(field.number, field.value, value)
  }
}

function writeList(field: FieldPlan, items: readonly unknown[]): void {
  const { value: plan, number } = field
  const isPacked = plan.kind === 'enum' || (plan.kind === 'scalar' && plan.scalar.wireType !== WireType.LengthDelimited)
  if (!isPacked) {
    for (const item of items) writeValue(number, plan, item)
  } else if (items.length > 0) {
    const start = open(number)
    for (const item of items) writeBare(plan, item)
    writer.end(start)
  }
}

/** Every map of the protocol has string keys. */
function writeMap(field: FieldPlan, entries: Json): void {
  for (const [key, value] of Object.entries(entries)) {
    const start = open(field.number)
    writeText(1, key)
    writeValue(2, field.value, value)
    writer.end(start)
  }
}

function writeValue(number: number, plan: ValuePlan, value: unknown): void {
  if (plan.kind === 'message') {
    const start = open(number)
    writeContent(plan.message, value)
    writer.end(start)
  } else {
    writer.tag(number, plan.kind === 'enum' ? WireType.Varint : plan.scalar.wireType)
    writeBare(plan, value)
  }
}

function writeBare(plan: Exclude<ValuePlan, { kind: 'message' }>, value: unknown): void {
  if (plan.kind === 'scalar') return plan.scalar.write(writer, value)
  const number = typeof value === 'number' ? value : plan.numbers.get(value as string)
  if (number === undefined) throw new Error(`"${String(value)}" is not one of ${[...plan.numbers.keys()].join(', ')}`)
  writer.integer(number)
}

function writeAny(json: Json): void {
  const typeUrl = json['@type'] as string
  const schema = registry.getMessage(typeUrl.slice(typeUrl.lastIndexOf('/') + 1))
  if (schema === undefined) throw new Error(`${typeUrl} is not a message of this package`)
  writeText(1, typeUrl)
  const before = writer.position()
  const start = open(2)
  writeContent(schema, json)
  if (writer.end(start) === 0) writer.rewind(before)
}

function open(number: number): number {
  writer.tag(number, WireType.LengthDelimited)
  return writer.begin()
}

function writeText(number: number, text: string): void {
  writer.tag(number, WireType.LengthDelimited)
  writer.text(text)
}

/** `"1.500s"`: seconds = 1, nanos = 2. */
function writeDuration(json: string): void {
  const [seconds = '0', fraction = ''] = json.slice(0, -1).split('.')
  const nanos = Number(fraction.padEnd(9, '0'))
  if (seconds !== '0') {
    writer.tag(1, WireType.Varint)
    writer.integer64(seconds)
  }
  if (nanos !== 0) {
    writer.tag(2, WireType.Varint)
    writer.integer(nanos)
  }
}

/** google.protobuf.Struct { map<string, Value> fields = 1 }. */
function writeStruct(json: Json): void {
  for (const [key, value] of Object.entries(json)) {
    const start = open(1)
    writeText(1, key)
    writeStructValue(2, value)
    writer.end(start)
  }
}

/** google.protobuf.Value: null = 1, number = 2, string = 3, bool = 4, struct = 5, list = 6. */
function writeStructValue(field: number, value: unknown): void {
  const start = open(field)
  if (typeof value === 'string') writeText(3, value)
  else if (typeof value === 'number') {
    writer.tag(2, WireType.Bit64)
    writer.double(value)
  } else if (typeof value === 'boolean' || value === null) {
    writer.tag(value === null ? 1 : 4, WireType.Varint)
    writer.integer(value === true ? 1 : 0)
  } else {
    const inner = open(Array.isArray(value) ? 6 : 5)
    if (Array.isArray(value)) for (const item of value as readonly unknown[]) writeStructValue(1, item)
    else writeStruct(value as Json)
    writer.end(inner)
  }
  writer.end(start)
}
