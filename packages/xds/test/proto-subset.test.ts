/** Our subset says the same as the original protos: every message, field number, name, type, label, oneof and enum value. */
import type { DescEnum, DescField, DescFile, DescMessage } from '@bufbuild/protobuf'
import type { DescriptorProto, EnumDescriptorProto, FieldDescriptorProto } from '@bufbuild/protobuf/wkt'
import { describe, expect, it } from 'vitest'
import { subsetFiles } from './subset-files.js'
import { filesOfPackage, loadUpstream } from './upstream-protos.js'

/** Packages that the development dependency does not contain: Istio's own, and ours. */
const elsewhere = new Set([
  'istio.v1.auth',
  'istio.networking.nds.v1',
  'stats',
  'istio.envoy.config.filter.http.alpn.v2alpha1',
  'heddle.xds',
  'heddle.ca.v1',
  // SPIFFE's Workload API has no package.
  '',
])

/** Fields newer than the development dependency (July 2024). */
const newer = new Set(['envoy.config.cluster.v3.Cluster.dns_jitter'])

/** Files that do not parse, or that nothing here needs. */
const skipped = /open_telemetry|http_inputs|network_inputs|common_inputs|^google\/rpc\/(?!status)/

const files = subsetFiles().filter(({ proto }) => !elsewhere.has(proto.package))
const upstream = index()

function index(): { messages: Map<string, DescriptorProto>; enums: Map<string, EnumDescriptorProto> } {
  const messages = new Map<string, DescriptorProto>()
  const enums = new Map<string, EnumDescriptorProto>()
  const collect = (scope: string, message: DescriptorProto): void => {
    const name = `${scope}.${message.name}`
    messages.set(name, message)
    for (const nested of message.nestedType) collect(name, nested)
    for (const nested of message.enumType) enums.set(`${name}.${nested.name}`, nested)
  }
  const packages = new Set(files.map(({ proto }) => proto.package))
  const paths = [...packages].flatMap(filesOfPackage).filter((path) => !skipped.test(path))
  for (const file of loadUpstream(paths)) {
    for (const message of file.messageType) collect(file.package, message)
    for (const nested of file.enumType) enums.set(`${file.package}.${nested.name}`, nested)
  }
  return { messages, enums }
}

describe('the .proto subset', () => {
  it('covers every package of the protocol', () => {
    expect(files.length).toBeGreaterThan(30)
  })

  it.each(files.map((file) => [file.proto.package, file] as const))('%s agrees with the original', (_, file) => {
    for (const message of messagesOf(file)) compareMessage(message)
    for (const type of enumsOf(file)) compareEnum(type)
  })
})

function messagesOf(parent: DescFile | DescMessage): DescMessage[] {
  const nested = parent.kind === 'file' ? parent.messages : parent.nestedMessages
  return nested.flatMap((message) => [message, ...messagesOf(message)])
}

function enumsOf(file: DescFile): DescEnum[] {
  return [...file.enums, ...messagesOf(file).flatMap(({ nestedEnums }) => nestedEnums)]
}

function compareMessage(message: DescMessage): void {
  const original = upstream.messages.get(message.typeName)
  expect(original, message.typeName).toBeDefined()
  for (const field of message.fields) {
    const name = `${message.typeName}.${field.name}`
    if (newer.has(name)) continue
    const other = original!.field.find(({ number }) => number === field.number)
    expect(describeField(field.proto, message.proto), name).toEqual(other === undefined ? undefined : describeField(other, original!))
    expect(mapEntryOf(field), name).toEqual(other === undefined ? undefined : originalMapEntry(other))
  }
}

function describeField(field: FieldDescriptorProto, message: DescriptorProto): object {
  const isOneof = Object.hasOwn(field, 'oneofIndex') && !field.proto3Optional
  return {
    name: field.name,
    number: field.number,
    type: field.type,
    label: field.label,
    optional: field.proto3Optional,
    typeName: isMapEntry(field) ? '(map)' : field.typeName,
    oneof: isOneof ? message.oneofDecl[field.oneofIndex]?.name : undefined,
  }
}

/** The two generators name the entry types of maps differently. */
function isMapEntry(field: FieldDescriptorProto): boolean {
  return upstream.messages.get(field.typeName.slice(1))?.options?.mapEntry === true || /\.\w+Entry$/.test(field.typeName)
}

function mapEntryOf(field: DescField): object | undefined {
  if (field.fieldKind !== 'map') return undefined
  const value =
    field.mapKind === 'scalar' ? field.scalar : field.mapKind === 'message' ? `.${field.message.typeName}` : `.${field.enum.typeName}`
  return { key: field.mapKey, value }
}

function originalMapEntry(field: FieldDescriptorProto): object | undefined {
  const entry = upstream.messages.get(field.typeName.slice(1))
  if (entry?.options?.mapEntry !== true) return undefined
  const [key, value] = entry.field
  return { key: key?.type, value: value?.typeName === '' ? value.type : value?.typeName }
}

function compareEnum(type: DescEnum): void {
  const original = upstream.enums.get(type.typeName)
  expect(original, type.typeName).toBeDefined()
  expect(
    type.values.map(({ name, number }) => [name, number]),
    type.typeName,
  ).toEqual(original!.value.map(({ name, number }) => [name, number]))
}
