/** The original protos, from the development dependency @grpc/grpc-js-xds, as descriptors with absolute type names. */
import { readdirSync, existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fromBinary } from '@bufbuild/protobuf'
import {
  FileDescriptorProtoSchema,
  type DescriptorProto,
  type FieldDescriptorProto,
  type FileDescriptorProto,
} from '@bufbuild/protobuf/wkt'
import { loadSync } from '@grpc/proto-loader'

const deps = join(dirname(createRequire(import.meta.url).resolve('@grpc/grpc-js-xds/package.json')), 'deps')
const includeDirs = ['envoy-api', 'xds', 'googleapis', 'protoc-gen-validate'].map((folder) => join(deps, folder))

/** Every .proto file of a package, relative to its include folder. */
export function filesOfPackage(name: string): string[] {
  const folder = name.replaceAll('.', '/')
  return includeDirs
    .filter((dir) => existsSync(join(dir, folder)))
    .flatMap((dir) => readdirSync(join(dir, folder)).filter((file) => file.endsWith('.proto')))
    .map((file) => `${folder}/${file}`)
}

/** One descriptor for each package that the files reach. */
export function loadUpstream(files: readonly string[]): FileDescriptorProto[] {
  // Options and the extensions that define them are of no interest here.
  const definitions = loadSync([...files], { includeDirs, keepCase: true })
  const byName = new Map<string, FileDescriptorProto>()
  for (const definition of Object.values(definitions)) {
    const encoded = (definition as { readonly fileDescriptorProtos?: readonly Uint8Array[] }).fileDescriptorProtos ?? []
    for (const bytes of encoded) {
      const file = fromBinary(FileDescriptorProtoSchema, bytes)
      file.extension = []
      if (file.package === 'google.protobuf')
        for (const message of file.messageType) message.field = message.field.filter(({ number }) => number < 1000)
      byName.set(file.name, file)
    }
  }
  const descriptors = [...byName.values()].filter(({ package: name }) => !isAboutOptions(name))
  makeAbsolute(descriptors)
  return inOrder(descriptors)
}

function isAboutOptions(packageName: string): boolean {
  return packageName === 'validate' || packageName.includes('annotations')
}

/** What a file refers to comes before it. */
function inOrder(files: readonly FileDescriptorProto[]): FileDescriptorProto[] {
  const sorted = new Set<FileDescriptorProto>()
  const visited = new Set<FileDescriptorProto>()
  const visit = (file: FileDescriptorProto): void => {
    if (visited.has(file)) return
    visited.add(file)
    const needed = files.filter((other) => other !== file && referencesOf(file).some((name) => isIn(name, other.package, files)))
    file.dependency = needed.map(({ name }) => name)
    for (const other of needed) visit(other)
    sorted.add(file)
  }
  for (const file of files) visit(file)
  return [...sorted]
}

function referencesOf(file: FileDescriptorProto): string[] {
  const inMessage = (message: DescriptorProto): string[] => [
    ...message.field.map(({ typeName }) => typeName.slice(1)).filter((name) => name !== ''),
    ...message.nestedType.flatMap(inMessage),
  ]
  return [...new Set(file.messageType.flatMap(inMessage))]
}

function isIn(name: string, packageName: string, files: readonly FileDescriptorProto[]): boolean {
  if (!name.startsWith(`${packageName}.`)) return false
  return !files.some((other) => other.package.length > packageName.length && name.startsWith(`${other.package}.`))
}

function makeAbsolute(files: readonly FileDescriptorProto[]): void {
  const names = new Set<string>()
  const collect = (scope: string, message: DescriptorProto): void => {
    const name = `${scope}.${message.name}`
    names.add(name)
    for (const nested of message.nestedType) collect(name, nested)
    for (const nested of message.enumType) names.add(`${name}.${nested.name}`)
  }
  for (const file of files) {
    for (const message of file.messageType) collect(file.package, message)
    for (const { name } of file.enumType) names.add(`${file.package}.${name}`)
  }
  const fix = (scope: string, message: DescriptorProto): void => {
    const name = `${scope}.${message.name}`
    for (const field of message.field) {
      fixField(name, field, names)
      field.jsonName = field.name.replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase())
    }
    for (const nested of message.nestedType) fix(name, nested)
  }
  for (const file of files) for (const message of file.messageType) fix(file.package, message)
}

/** Protobuf resolves a relative name from the innermost scope outwards. */
function fixField(scope: string, field: FieldDescriptorProto, names: ReadonlySet<string>): void {
  if (field.typeName === '' || field.typeName.startsWith('.')) return
  for (let at = scope; at !== ''; at = at.includes('.') ? at.slice(0, at.lastIndexOf('.')) : '') {
    const candidate = `${at}.${field.typeName}`
    if (names.has(candidate)) {
      field.typeName = `.${candidate}`
      return
    }
  }
  field.typeName = `.${field.typeName}`
}
