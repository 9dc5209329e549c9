/**
 * Bodies in Kubernetes' protobuf form, which kubectl from 1.32 uses for `create namespace|configmap|secret|serviceaccount|service|
 * deployment` and never repeats as JSON. Read for just these kinds: the envelope (`k8s\0`, then runtime.Unknown) and the fields
 * their commands write. Any other kind, and a field with a value that is not read here, answers 415: nothing is lost in silence.
 */
import type { KubernetesObject } from '@heddle/client'
import { badRequest, unsupportedMediaType } from './api-failure.js'

export const protobufMediaType = 'application/vnd.kubernetes.protobuf'

type ValueKind = 'text' | 'bytes' | 'flag' | 'number' | 'numberOrZero' | 'intOrText' | MessageFields
type FieldKind = ValueKind | 'texts' | 'bytesMap'
/** A kind in a list stands for a repeated field; `ignored` is the server's own and not read. */
interface MessageFields {
  readonly [number: number]: readonly [name: string, kind: FieldKind | readonly [ValueKind] | 'ignored']
}

const metadata: MessageFields = {
  1: ['name', 'text'],
  2: ['generateName', 'text'],
  3: ['namespace', 'text'],
  11: ['labels', 'texts'],
  12: ['annotations', 'texts'],
}

const servicePort: MessageFields = {
  1: ['name', 'text'],
  2: ['protocol', 'text'],
  3: ['port', 'number'],
  4: ['targetPort', 'intOrText'],
  5: ['nodePort', 'number'],
  6: ['appProtocol', 'text'],
}

const serviceSpec: MessageFields = {
  1: ['ports', [servicePort]],
  2: ['selector', 'texts'],
  3: ['clusterIP', 'text'],
  4: ['type', 'text'],
  10: ['externalName', 'text'],
}

const container: MessageFields = {
  1: ['name', 'text'],
  2: ['image', 'text'],
  3: ['command', ['text']],
  4: ['args', ['text']],
  6: ['ports', [{ 1: ['name', 'text'], 3: ['containerPort', 'number'], 4: ['protocol', 'text'] }]],
}

const deploymentSpec: MessageFields = {
  1: ['replicas', 'numberOrZero'],
  2: ['selector', { 1: ['matchLabels', 'texts'] }],
  3: ['template', { 1: ['metadata', metadata], 2: ['spec', { 2: ['containers', [container]] }] }],
}

const messages: Readonly<Record<string, MessageFields>> = {
  'v1 Namespace': { 1: ['metadata', metadata], 2: ['spec', 'ignored'], 3: ['status', 'ignored'] },
  'v1 ServiceAccount': { 1: ['metadata', metadata] },
  'v1 ConfigMap': { 1: ['metadata', metadata], 2: ['data', 'texts'], 3: ['binaryData', 'bytesMap'], 4: ['immutable', 'flag'] },
  'v1 Secret': {
    1: ['metadata', metadata],
    2: ['data', 'bytesMap'],
    3: ['type', 'text'],
    4: ['stringData', 'texts'],
    5: ['immutable', 'flag'],
  },
  'v1 Service': { 1: ['metadata', metadata], 2: ['spec', serviceSpec], 3: ['status', 'ignored'] },
  'apps/v1 Deployment': { 1: ['metadata', metadata], 2: ['spec', deploymentSpec], 3: ['status', 'ignored'] },
}

const magic = Buffer.from('k8s\0')
const typeMeta: MessageFields = { 1: ['apiVersion', 'text'], 2: ['kind', 'text'] }

export function readProtobufObject(body: Buffer): KubernetesObject {
  if (!body.subarray(0, magic.length).equals(magic)) throw badRequest('the protobuf body does not start with its magic number')
  const envelope = readFields(body.subarray(magic.length))
  const type = readMessage(bytesOf(envelope, 1), typeMeta) as { readonly apiVersion?: string; readonly kind?: string }
  const fields = messages[`${type.apiVersion} ${type.kind}`]
  if (!fields) {
    const kinds = Object.keys(messages).map((name) => name.split(' ')[1])
    throw notRead(`for ${kinds.join(', ')} only, not for ${type.kind ?? 'an object without kind'}`)
  }
  return { metadata: {}, ...type, ...readMessage(bytesOf(envelope, 2), fields) } as unknown as KubernetesObject
}

interface WireField {
  readonly number: number
  readonly value: Buffer | number
}

function bytesOf(fields: readonly WireField[], number: number): Buffer {
  const value = fields.find((field) => field.number === number)?.value
  return typeof value === 'object' ? value : Buffer.alloc(0)
}

/** Clients write fields without a value too: those may be any. */
function readMessage(bytes: Buffer, fields: MessageFields): Record<string, unknown> {
  const object: Record<string, unknown> = {}
  for (const { number, value } of readFields(bytes)) {
    const [name, kind] = fields[number] ?? []
    if (kind === 'ignored') continue
    if (name === undefined || kind === undefined) {
      if (!isNothing(value)) throw notRead(`as far as kubectl's own commands write it: field ${number} is not`)
    } else if (isRepeated(kind)) object[name] = [...((object[name] as unknown[] | undefined) ?? []), readValue(name, value, kind[0])]
    else if (kind === 'texts' || kind === 'bytesMap')
      object[name] = { ...(object[name] as object | undefined), ...readEntry(lengthDelimited(name, value), kind) }
    else object[name] = readValue(name, value, kind)
  }
  // Empty texts and zeros are protobuf's way to say nothing.
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== '' && value !== undefined))
}

function isRepeated(kind: FieldKind | readonly [ValueKind]): kind is readonly [ValueKind] {
  return Array.isArray(kind)
}

function readValue(name: string, value: Buffer | number, kind: ValueKind): unknown {
  if (kind === 'flag') return value === 1
  if (kind === 'number') return value === 0 ? undefined : value
  if (kind === 'numberOrZero') return value
  const bytes = lengthDelimited(name, value)
  if (kind === 'text') return bytes.toString('utf8')
  if (kind === 'bytes') return bytes.toString('base64')
  if (kind === 'intOrText') return readIntOrText(bytes)
  return readMessage(bytes, kind)
}

/** util.intstr.IntOrString: 1 says which, 2 is the number, 3 the text. */
function readIntOrText(bytes: Buffer): number | string | undefined {
  const fields = readFields(bytes)
  const isText = fields.some(({ number, value }) => number === 1 && value === 1)
  if (isText) return bytesOf(fields, 3).toString('utf8')
  const value = fields.find(({ number }) => number === 2)?.value
  return typeof value === 'number' && value !== 0 ? value : undefined
}

function lengthDelimited(name: string, value: Buffer | number): Buffer {
  if (typeof value === 'number') throw badRequest(`the protobuf field ${name} has the wrong wire type`)
  return value
}

/** Zero, an empty text, or a message of such. */
function isNothing(value: Buffer | number): boolean {
  if (typeof value === 'number') return value === 0
  try {
    return readFields(value).every((field) => isNothing(field.value))
  } catch {
    return false
  }
}

function notRead(what: string): Error {
  return unsupportedMediaType(`the local platform reads protobuf ${what}; send it as JSON (\`kubectl create -f\`)`)
}

function readEntry(value: Buffer, kind: 'texts' | 'bytesMap'): Record<string, string> {
  const entry = readFields(value)
  return { [bytesOf(entry, 1).toString('utf8')]: bytesOf(entry, 2).toString(kind === 'texts' ? 'utf8' : 'base64') }
}

/** The wire format: varints and length-delimited fields, which is all these messages have. */
function readFields(bytes: Buffer): readonly WireField[] {
  const fields: WireField[] = []
  let at = 0
  const varint = (): number => {
    let result = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = bytes[at++]
      if (byte === undefined) break
      result += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return result
    }
    throw badRequest('the protobuf body is malformed')
  }
  while (at < bytes.length) {
    const key = varint()
    const number = Math.floor(key / 8)
    if (key % 8 === 0) fields.push({ number, value: varint() })
    else if (key % 8 === 2) {
      const length = varint()
      if (at + length > bytes.length) throw badRequest('the protobuf body is malformed')
      fields.push({ number, value: bytes.subarray(at, at + length) })
      at += length
    } else throw badRequest('the protobuf body is malformed')
  }
  return fields
}
