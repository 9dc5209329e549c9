/**
 * From a message's canonical JSON form straight to its bytes: the generic way of protobuf-es (JSON to message, message to bytes, twice for every Any)
 * takes twenty times as long, and a control plane does this for every resource.
 */
import type { DescMessage } from '@bufbuild/protobuf'
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { type FieldPlan, planOf, type ValuePlan } from './message-plan.js'
import { registry } from './registry.js'

type Json = Readonly<Record<string, unknown>>

export function writeMessage(schema: DescMessage, json: object): Uint8Array {
  const writer = new BinaryWriter()
  writeContent(writer, schema, json)
  return writer.finish()
}

function writeContent(writer: BinaryWriter, schema: DescMessage, json: unknown): void {
  const plan = planOf(schema)
  switch (plan.form) {
    case 'message':
      return writeFields(writer, plan.fields, json as Json)
    case 'any':
      return writeAny(writer, json as Json)
    case 'duration':
      return writeDuration(writer, json as string)
    case 'struct':
      return writeStruct(writer, json as Json)
    case 'wrapper':
      return writeFields(writer, plan.fields, { value: json })
  }
}

function writeFields(writer: BinaryWriter, fields: readonly FieldPlan[], json: Json): void {
  for (const field of fields) {
    const value = json[field.jsonName]
    if (value === undefined) continue
    if (field.shape === 'list') writeList(writer, field, value as readonly unknown[])
    else if (field.shape === 'map') writeMap(writer, field, value as Json)
    else if (field.implicitDefault === undefined || value !== field.implicitDefault) writeValue(writer, field.number, field.value, value)
  }
}

function writeList(writer: BinaryWriter, field: FieldPlan, items: readonly unknown[]): void {
  const { value: plan, number } = field
  const isPacked = plan.kind === 'enum' || (plan.kind === 'scalar' && plan.scalar.wireType !== WireType.LengthDelimited)
  if (!isPacked) {
    for (const item of items) writeValue(writer, number, plan, item)
  } else if (items.length > 0) {
    writer.tag(number, WireType.LengthDelimited).fork()
    for (const item of items) writeBare(writer, plan, item)
    writer.join()
  }
}

/** Every map of the protocol has string keys. */
function writeMap(writer: BinaryWriter, field: FieldPlan, entries: Json): void {
  for (const [key, value] of Object.entries(entries)) {
    writer.tag(field.number, WireType.LengthDelimited).fork().tag(1, WireType.LengthDelimited).string(key)
    writeValue(writer, 2, field.value, value)
    writer.join()
  }
}

function writeValue(writer: BinaryWriter, number: number, plan: ValuePlan, value: unknown): void {
  if (plan.kind === 'message') {
    writer.tag(number, WireType.LengthDelimited).fork()
    writeContent(writer, plan.message, value)
    writer.join()
  } else {
    writer.tag(number, plan.kind === 'enum' ? WireType.Varint : plan.scalar.wireType)
    writeBare(writer, plan, value)
  }
}

function writeBare(writer: BinaryWriter, plan: Exclude<ValuePlan, { kind: 'message' }>, value: unknown): void {
  if (plan.kind === 'scalar') return plan.scalar.write(writer, value)
  const number = typeof value === 'number' ? value : plan.numbers.get(value as string)
  if (number === undefined) throw new Error(`"${String(value)}" is not one of ${[...plan.numbers.keys()].join(', ')}`)
  writer.int32(number)
}

function writeAny(writer: BinaryWriter, json: Json): void {
  const typeUrl = json['@type'] as string
  const schema = registry.getMessage(typeUrl.slice(typeUrl.lastIndexOf('/') + 1))
  if (schema === undefined) throw new Error(`${typeUrl} is not a message of this package`)
  writer.tag(1, WireType.LengthDelimited).string(typeUrl)
  const content = writeMessage(schema, json)
  if (content.length > 0) writer.tag(2, WireType.LengthDelimited).bytes(content)
}

/** `"1.500s"`: seconds = 1, nanos = 2. */
function writeDuration(writer: BinaryWriter, json: string): void {
  const [seconds = '0', fraction = ''] = json.slice(0, -1).split('.')
  const nanos = Number(fraction.padEnd(9, '0'))
  if (seconds !== '0') writer.tag(1, WireType.Varint).int64(seconds)
  if (nanos !== 0) writer.tag(2, WireType.Varint).int32(nanos)
}

/** google.protobuf.Struct { map<string, Value> fields = 1 }. */
function writeStruct(writer: BinaryWriter, json: Json): void {
  for (const [key, value] of Object.entries(json)) {
    writer.tag(1, WireType.LengthDelimited).fork().tag(1, WireType.LengthDelimited).string(key)
    writer.tag(2, WireType.LengthDelimited).fork()
    writeStructValue(writer, value)
    writer.join().join()
  }
}

/** google.protobuf.Value: null = 1, number = 2, string = 3, bool = 4, struct = 5, list = 6. */
function writeStructValue(writer: BinaryWriter, value: unknown): void {
  if (value === null) writer.tag(1, WireType.Varint).int32(0)
  else if (typeof value === 'number') writer.tag(2, WireType.Bit64).double(value)
  else if (typeof value === 'string') writer.tag(3, WireType.LengthDelimited).string(value)
  else if (typeof value === 'boolean') writer.tag(4, WireType.Varint).bool(value)
  else if (Array.isArray(value)) {
    writer.tag(6, WireType.LengthDelimited).fork()
    for (const item of value as readonly unknown[]) {
      writer.tag(1, WireType.LengthDelimited).fork()
      writeStructValue(writer, item)
      writer.join()
    }
    writer.join()
  } else {
    writer.tag(5, WireType.LengthDelimited).fork()
    writeStruct(writer, value as Json)
    writer.join()
  }
}
