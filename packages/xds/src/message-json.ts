/**
 * From a message's bytes to its JSON form, losing nothing: fields that our subset of the protocol lacks are reported with their number, and an
 * Any of a type it lacks becomes `heddle.xds.Opaque` with its type and bytes. protobuf-es alone would drop the former and throw at the latter.
 */
import { create, fromBinary, fromJson, toBinary, toJson } from '@bufbuild/protobuf'
import type { DescField, DescMessage, JsonObject, JsonValue, Message, MessageShape } from '@bufbuild/protobuf'
import type { Any } from '@bufbuild/protobuf/wkt'
import { OpaqueSchema } from './gen/heddle/xds/opaque_pb.js'
import { registry } from './registry.js'
import { extensionUrls } from './type-url.js'

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
  const message = fromBinary(schema, bytes)
  const unknownFields: UnknownField[] = []
  reveal(schema, message, '', unknownFields)
  return { json: toJson(schema, message, { registry }) as JsonObject, unknownFields }
}

export function writeMessage(schema: DescMessage, json: object): Uint8Array {
  return toBinary(schema, fromJson(schema, json as JsonValue, { registry }))
}

type Fields = Record<string, unknown>

/** Walks a message for what JSON would lose; true when an Any inside of it was exchanged. */
function reveal(schema: DescMessage, message: Message, path: string, found: UnknownField[]): boolean {
  for (const field of message.$unknown ?? []) found.push({ path, message: schema.typeName, fieldNumber: field.no })
  let changed = false
  for (const field of schema.fields) {
    if (field.message === undefined || isPlain(field.message)) continue
    const value = valueOf(field, message as unknown as Fields)
    if (value !== undefined && revealField(field, field.message, value, join(path, field.jsonName), found)) changed = true
  }
  return changed
}

function revealField(field: DescField, schema: DescMessage, value: unknown, path: string, found: UnknownField[]): boolean {
  if (field.fieldKind === 'message') return revealMessage(schema, value as Message, path, found)
  let changed = false
  for (const [key, item] of Object.entries(value as Record<string, Message>)) {
    const at = field.fieldKind === 'map' ? join(path, key) : `${path}[${key}]`
    if (revealMessage(schema, item, at, found)) changed = true
  }
  return changed
}

function revealMessage(schema: DescMessage, message: Message, path: string, found: UnknownField[]): boolean {
  if (schema.typeName !== 'google.protobuf.Any') return reveal(schema, message, path, found)
  const any = message as Any
  const inner = registry.getMessage(any.typeUrl.slice(any.typeUrl.lastIndexOf('/') + 1))
  if (inner === undefined) {
    const opaque = create(OpaqueSchema, { typeUrl: any.typeUrl, value: any.value })
    any.typeUrl = extensionUrls.opaque
    any.value = toBinary(OpaqueSchema, opaque)
    return true
  }
  const content: MessageShape<DescMessage> = fromBinary(inner, any.value)
  if (!reveal(inner, content, path, found)) return false
  any.value = toBinary(inner, content)
  return true
}

/** Well-known types other than Any have a JSON form without any loss. */
function isPlain(schema: DescMessage): boolean {
  return schema.typeName.startsWith('google.protobuf.') && schema.typeName !== 'google.protobuf.Any'
}

function valueOf(field: DescField, message: Fields): unknown {
  if (field.oneof === undefined) return message[field.localName]
  const choice = message[field.oneof.localName] as { readonly case?: string; readonly value?: unknown }
  return choice.case === field.localName ? choice.value : undefined
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}
