/**
 * From a message's bytes straight to its canonical JSON form, losing nothing: fields that our subset of the protocol lacks are reported with their
 * number, and an Any of a type it lacks becomes `heddle.xds.Opaque` with its type and bytes. Bytes come from the network: every length is checked.
 */
import type { DescMessage, JsonObject, JsonValue } from '@bufbuild/protobuf'
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'
import { type FieldPlan, type MessagePlan, planOf, type ValuePlan } from './message-plan.js'
import { registry } from '../registry.js'
import { base64, doubleJson } from './scalar-codec.js'
import { extensionUrls } from '../type-url.js'

export interface UnknownField {
  /** Where the message is, in the JSON form. */
  readonly path: string
  readonly message: string
  readonly fieldNumber: number
}

export interface MessageJson {
  readonly json: JsonObject
  readonly unknownFields: readonly UnknownField[]
}

/** @throws when the bytes are no such message. */
export function readMessage(schema: DescMessage, bytes: Uint8Array): MessageJson {
  const reading: Reading = { path: [], unknownFields: [], depth: 0 }
  const json = readContent(new BinaryReader(bytes), bytes.length, planOf(schema), undefined, reading) as JsonObject
  return { json, unknownFields: reading.unknownFields }
}

interface Reading {
  readonly path: (string | number)[]
  readonly unknownFields: UnknownField[]
  depth: number
}

/** Deeper nesting than any configuration has; protects the stack. */
const maxDepth = 100

function readContent(reader: BinaryReader, end: number, plan: MessagePlan, known: JsonValue | undefined, reading: Reading): JsonValue {
  if (end > reader.len) throw new RangeError(`${plan.typeName} is cut short`)
  if (reading.depth >= maxDepth) throw new RangeError('messages are nested too deeply')
  reading.depth += 1
  const json = readForm(reader, end, plan, known, reading)
  reading.depth -= 1
  if (reader.pos !== end) throw new RangeError(`${plan.typeName} ends in the middle of a field`)
  return json
}

function readForm(reader: BinaryReader, end: number, plan: MessagePlan, known: JsonValue | undefined, reading: Reading): JsonValue {
  switch (plan.form) {
    case 'message':
      return readFields(reader, end, plan, (known ?? {}) as JsonObject, reading)
    case 'any':
      return readAny(reader, end, plan, reading)
    case 'duration':
      return readDuration(reader, end, plan, reading)
    case 'struct':
      return readStruct(reader, end, reading)
    case 'wrapper':
      return readWrapper(reader, end, plan, reading)
  }
}

function readFields(reader: BinaryReader, end: number, plan: MessagePlan, json: JsonObject, reading: Reading): JsonObject {
  while (reader.pos < end) {
    const [number, wireType] = reader.tag()
    const field = plan.byNumber.get(number)
    if (field === undefined) skipUnknown(reader, number, wireType, plan, reading)
    else readField(reader, wireType, field, json, reading)
  }
  return json
}

function skipUnknown(reader: BinaryReader, number: number, wireType: WireType, plan: MessagePlan, reading: Reading): void {
  reader.skip(wireType, number)
  reading.unknownFields.push({ path: formatPath(reading.path), message: plan.typeName, fieldNumber: number })
}

function formatPath(path: readonly (string | number)[]): string {
  return path.reduce<string>((text, step) => (typeof step === 'number' ? `${text}[${step}]` : text === '' ? step : `${text}.${step}`), '')
}

function readField(reader: BinaryReader, wireType: WireType, field: FieldPlan, json: JsonObject, reading: Reading): void {
  const { jsonName } = field
  reading.path.push(jsonName)
  if (field.shape === 'list') readListItem(reader, wireType, field, json, reading)
  else if (field.shape === 'map') readMapEntry(reader, wireType, field, json, reading)
  else {
    const value = readValue(reader, wireType, field.value, json[jsonName], reading)
    for (const sibling of field.siblings) delete json[sibling]
    if (value === field.implicitDefault) delete json[jsonName]
    else json[jsonName] = value
  }
  reading.path.pop()
}

function readListItem(reader: BinaryReader, wireType: WireType, field: FieldPlan, json: JsonObject, reading: Reading): void {
  const { value: plan } = field
  const items = (json[field.jsonName] ??= []) as JsonValue[]
  const canBePacked = plan.kind === 'enum' || (plan.kind === 'scalar' && plan.scalar.wireType !== WireType.LengthDelimited)
  if (canBePacked && wireType === WireType.LengthDelimited) {
    const end = endOf(reader)
    while (reader.pos < end) items.push(readBare(reader, plan))
    return
  }
  reading.path.push(items.length)
  items.push(readValue(reader, wireType, plan, undefined, reading))
  reading.path.pop()
}

/** Every map of the protocol has string keys. */
function readMapEntry(reader: BinaryReader, wireType: WireType, field: FieldPlan, json: JsonObject, reading: Reading): void {
  expectWireType(wireType, WireType.LengthDelimited)
  const end = endOf(reader)
  let key = ''
  let value: JsonValue | undefined
  while (reader.pos < end) {
    const [number, type] = reader.tag()
    if (number === 1) key = readText(reader, type)
    else if (number === 2) {
      reading.path.push(key)
      value = readValue(reader, type, field.value, undefined, reading)
      reading.path.pop()
    } else reader.skip(type, number)
  }
  setKey((json[field.jsonName] ??= {}) as JsonObject, key, value ?? emptyValue(field.value))
}

function emptyValue(plan: ValuePlan): JsonValue {
  if (plan.kind === 'message') return {}
  return plan.kind === 'enum' ? (plan.names.get(0) ?? 0) : plan.scalar.zero
}

/** A key from the network must not reach the prototype. */
function setKey(target: JsonObject, key: string, value: JsonValue): void {
  if (key === '__proto__') Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true })
  else target[key] = value
}

function readValue(reader: BinaryReader, wireType: WireType, plan: ValuePlan, known: JsonValue | undefined, reading: Reading): JsonValue {
  if (plan.kind === 'message') {
    expectWireType(wireType, WireType.LengthDelimited)
    return readContent(reader, endOf(reader), planOf(plan.message), known, reading)
  }
  expectWireType(wireType, plan.kind === 'enum' ? WireType.Varint : plan.scalar.wireType)
  return readBare(reader, plan)
}

function readBare(reader: BinaryReader, plan: Exclude<ValuePlan, { kind: 'message' }>): JsonValue {
  if (plan.kind === 'scalar') return plan.scalar.read(reader)
  const number = reader.int32()
  return plan.names.get(number) ?? number
}

function readText(reader: BinaryReader, wireType: WireType): string {
  expectWireType(wireType, WireType.LengthDelimited)
  return reader.string()
}

function expectWireType(actual: WireType, expected: WireType): void {
  if (actual !== expected) throw new RangeError(`wire type ${actual} stands where ${expected} is expected`)
}

function endOf(reader: BinaryReader): number {
  const end = reader.uint32() + reader.pos
  if (end > reader.len) throw new RangeError('a field is longer than its message')
  return end
}

function readAny(reader: BinaryReader, end: number, plan: MessagePlan, reading: Reading): JsonObject {
  let typeUrl = ''
  let value: Uint8Array = new Uint8Array()
  while (reader.pos < end) {
    const [number, wireType] = reader.tag()
    if (number === 1) typeUrl = readText(reader, wireType)
    else if (number === 2) {
      expectWireType(wireType, WireType.LengthDelimited)
      value = reader.bytes()
    } else skipUnknown(reader, number, wireType, plan, reading)
  }
  const schema = registry.getMessage(typeUrl.slice(typeUrl.lastIndexOf('/') + 1))
  if (schema === undefined) return { '@type': extensionUrls.opaque, typeUrl, value: base64(value) }
  const content = readContent(new BinaryReader(value), value.length, planOf(schema), undefined, reading)
  return { '@type': typeUrl, ...(content as JsonObject) }
}

function readDuration(reader: BinaryReader, end: number, plan: MessagePlan, reading: Reading): string {
  const { seconds = '0', nanos = 0 } = readFields(reader, end, plan, {}, reading) as { seconds?: string; nanos?: number }
  if (nanos < 0) throw new RangeError('a duration is negative')
  if (nanos === 0) return `${seconds}s`
  const fraction = String(nanos).padStart(9, '0')
  return `${seconds}.${fraction.replace(/(000){1,2}$/, '')}s`
}

function readWrapper(reader: BinaryReader, end: number, plan: MessagePlan, reading: Reading): JsonValue {
  return readFields(reader, end, plan, {}, reading)['value'] ?? plan.byNumber.get(1)?.implicitDefault ?? ''
}

/** google.protobuf.Struct { map<string, Value> fields = 1 }. */
function readStruct(reader: BinaryReader, end: number, reading: Reading): JsonObject {
  const struct: JsonObject = {}
  while (reader.pos < end) {
    const [number, wireType] = reader.tag()
    if (number === 1 && wireType === WireType.LengthDelimited) readStructEntry(reader, endOf(reader), struct, reading)
    else reader.skip(wireType, number)
  }
  return struct
}

function readStructEntry(reader: BinaryReader, end: number, struct: JsonObject, reading: Reading): void {
  let key = ''
  let value: JsonValue = null
  while (reader.pos < end) {
    const [number, wireType] = reader.tag()
    if (number === 1) key = readText(reader, wireType)
    else if (number === 2 && wireType === WireType.LengthDelimited) value = readStructValue(reader, endOf(reader), reading)
    else reader.skip(wireType, number)
  }
  setKey(struct, key, value)
}

/** google.protobuf.Value: null = 1, number = 2, string = 3, bool = 4, struct = 5, list = 6. */
function readStructValue(reader: BinaryReader, end: number, reading: Reading): JsonValue {
  if (reading.depth >= maxDepth) throw new RangeError('structs are nested too deeply')
  reading.depth += 1
  let value: JsonValue = null
  while (reader.pos < end) {
    const [number, wireType] = reader.tag()
    value = readStructField(reader, number, wireType, reading) ?? value
  }
  reading.depth -= 1
  return value
}

function readStructField(reader: BinaryReader, number: number, wireType: WireType, reading: Reading): JsonValue | undefined {
  if (number === 2 && wireType === WireType.Bit64) return doubleJson(reader.double())
  if (number === 4 && wireType === WireType.Varint) return reader.bool()
  if (wireType === WireType.LengthDelimited) {
    if (number === 3) return reader.string()
    if (number === 5) return readStruct(reader, endOf(reader), reading)
    if (number === 6) return readStructList(reader, endOf(reader), reading)
  }
  reader.skip(wireType, number)
  return undefined
}

function readStructList(reader: BinaryReader, end: number, reading: Reading): JsonValue[] {
  const items: JsonValue[] = []
  while (reader.pos < end) {
    const [number, wireType] = reader.tag()
    if (number === 1 && wireType === WireType.LengthDelimited) items.push(readStructValue(reader, endOf(reader), reading))
    else reader.skip(wireType, number)
  }
  return items
}
