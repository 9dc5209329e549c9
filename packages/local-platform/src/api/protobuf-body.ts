/**
 * Bodies in Kubernetes' protobuf form, which kubectl from 1.32 uses for `create namespace|configmap|secret|serviceaccount` and
 * never repeats as JSON. Read for just these kinds: the envelope (`k8s\0`, then runtime.Unknown) and the fields their
 * commands write; any other kind answers 415.
 */
import type { KubernetesObject } from '@heddle/client'
import { badRequest, unsupportedMediaType } from './api-failure.js'

export const protobufMediaType = 'application/vnd.kubernetes.protobuf'

type FieldKind = 'text' | 'bytes' | 'flag' | 'texts' | 'bytesMap' | MessageFields
interface MessageFields {
  readonly [number: number]: readonly [name: string, kind: FieldKind]
}

const metadata: MessageFields = {
  1: ['name', 'text'],
  2: ['generateName', 'text'],
  3: ['namespace', 'text'],
  11: ['labels', 'texts'],
  12: ['annotations', 'texts'],
}

const messages: Readonly<Record<string, MessageFields>> = {
  Namespace: { 1: ['metadata', metadata] },
  ServiceAccount: { 1: ['metadata', metadata] },
  ConfigMap: { 1: ['metadata', metadata], 2: ['data', 'texts'], 3: ['binaryData', 'bytesMap'], 4: ['immutable', 'flag'] },
  Secret: { 1: ['metadata', metadata], 2: ['data', 'bytesMap'], 3: ['type', 'text'], 4: ['stringData', 'texts'], 5: ['immutable', 'flag'] },
}

const magic = Buffer.from('k8s\0')
const typeMeta: MessageFields = { 1: ['apiVersion', 'text'], 2: ['kind', 'text'] }

export function readProtobufObject(body: Buffer): KubernetesObject {
  if (!body.subarray(0, magic.length).equals(magic)) throw badRequest('the protobuf body does not start with its magic number')
  const envelope = readFields(body.subarray(magic.length))
  const type = readMessage(bytesOf(envelope, 1), typeMeta) as { readonly apiVersion?: string; readonly kind?: string }
  const fields = type.apiVersion === 'v1' ? messages[type.kind ?? ''] : undefined
  if (!fields)
    throw unsupportedMediaType(
      `the local platform reads protobuf for ${Object.keys(messages).join(', ')} only, not for ${type.kind ?? 'an object without kind'}; send it as JSON (\`kubectl create -f\`)`,
    )
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

/** Fields not in the table are skipped, as protobuf readers do. */
function readMessage(bytes: Buffer, fields: MessageFields): Record<string, unknown> {
  const object: Record<string, unknown> = {}
  for (const { number, value } of readFields(bytes)) {
    const [name, kind] = fields[number] ?? []
    if (name === undefined || kind === undefined) continue
    if (kind === 'flag') object[name] = value === 1
    else if (typeof value === 'number') throw badRequest(`the protobuf field ${name} has the wrong wire type`)
    else if (kind === 'texts' || kind === 'bytesMap') object[name] = { ...(object[name] as object | undefined), ...readEntry(value, kind) }
    else object[name] = readValue(value, kind)
  }
  // Empty texts and objects are protobuf's way to say nothing.
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== ''))
}

function readValue(value: Buffer, kind: Exclude<FieldKind, 'flag' | 'texts' | 'bytesMap'>): unknown {
  if (kind === 'text') return value.toString('utf8')
  return kind === 'bytes' ? value.toString('base64') : readMessage(value, kind)
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
