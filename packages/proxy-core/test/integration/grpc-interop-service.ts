/**
 * The service of gRPC's interoperability cases (grpc/grpc `doc/interop-test-descriptions.md`), as much of it as the cases in
 * `grpc-interop.test.ts` ask for: the methods of `grpc.testing.TestService` with their messages' field numbers.
 */
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import {
  type handleBidiStreamingCall,
  type handleClientStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  Metadata,
  type MethodDefinition,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js'

export const echoedInitial = 'x-grpc-test-echo-initial'
export const echoedTrailer = 'x-grpc-test-echo-trailing-bin'

interface Status {
  readonly code: number
  readonly message: string
}

const bytes = (value: Buffer): Buffer => value

export function method(path: string, requestStream: boolean, responseStream: boolean): MethodDefinition<Buffer, Buffer> {
  return {
    path,
    requestStream,
    responseStream,
    requestSerialize: bytes,
    requestDeserialize: bytes,
    responseSerialize: bytes,
    responseDeserialize: bytes,
  }
}

const testService = '/grpc.testing.TestService'
type MethodName = 'emptyCall' | 'unaryCall' | 'streamingInputCall' | 'streamingOutputCall' | 'fullDuplexCall'
export const methods: Readonly<Record<MethodName, MethodDefinition<Buffer, Buffer>>> = {
  emptyCall: method(`${testService}/EmptyCall`, false, false),
  unaryCall: method(`${testService}/UnaryCall`, false, false),
  streamingInputCall: method(`${testService}/StreamingInputCall`, true, false),
  streamingOutputCall: method(`${testService}/StreamingOutputCall`, false, true),
  fullDuplexCall: method(`${testService}/FullDuplexCall`, true, true),
}

const field = (writer: BinaryWriter, number: number, message: Uint8Array): BinaryWriter =>
  writer.tag(number, WireType.LengthDelimited).bytes(message)
const varint = (writer: BinaryWriter, number: number, value: number): BinaryWriter => writer.tag(number, WireType.Varint).uint32(value)
const finish = (writer: BinaryWriter): Buffer => Buffer.from(writer.finish())

/** `Payload`: so many zeros. */
const payload = (size: number): Uint8Array => field(new BinaryWriter(), 2, new Uint8Array(size)).finish()
/** `EchoStatus`. */
const statusBytes = ({ code, message }: Status): Uint8Array => field(varint(new BinaryWriter(), 1, code), 2, Buffer.from(message)).finish()

/** `SimpleRequest`. */
export function simpleRequest({ responseSize = 0, body = 0, status }: { responseSize?: number; body?: number; status?: Status }): Buffer {
  const writer = field(varint(new BinaryWriter(), 2, responseSize), 3, payload(body))
  return finish(status === undefined ? writer : field(writer, 7, statusBytes(status)))
}

/** `StreamingOutputCallRequest`. */
export function outputRequest({ sizes = [], body = 0, status }: { sizes?: readonly number[]; body?: number; status?: Status }): Buffer {
  const writer = new BinaryWriter()
  for (const size of sizes) field(writer, 2, varint(new BinaryWriter(), 1, size).finish())
  field(writer, 3, payload(body))
  return finish(status === undefined ? writer : field(writer, 7, statusBytes(status)))
}

/** `StreamingInputCallRequest`, and every answer that carries a payload. */
export const withPayload = (body: number): Buffer => finish(field(new BinaryWriter(), 1, payload(body)))

/** What came under a field number, in order; the service's messages hold nothing but numbers and bytes. */
function valuesOf(message: Uint8Array, wanted: number): readonly (number | Uint8Array)[] {
  const reader = new BinaryReader(message)
  const values: (number | Uint8Array)[] = []
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag()
    const value = type === WireType.Varint ? reader.uint32() : reader.bytes()
    if (number === wanted) values.push(value)
  }
  return values
}

const numberIn = (message: Uint8Array, wanted: number): number => Number(valuesOf(message, wanted)[0] ?? 0)
const bytesIn = (message: Uint8Array, wanted: number): Uint8Array => (valuesOf(message, wanted)[0] ?? new Uint8Array()) as Uint8Array

/** The size of the payload in an answer, or in a request of `StreamingInputCall`. */
export const payloadSize = (message: Uint8Array): number => bytesIn(bytesIn(message, 1), 2).length
/** `aggregated_payload_size`. */
export const aggregatedSize = (message: Uint8Array): number => numberIn(message, 1)

function statusIn(request: Uint8Array): Status | undefined {
  if (valuesOf(request, 7).length === 0) return undefined
  const status = bytesIn(request, 7)
  return { code: numberIn(status, 1), message: Buffer.from(bytesIn(status, 2)).toString() }
}
const sizesIn = (request: Uint8Array): readonly number[] => valuesOf(request, 2).map((asked) => numberIn(asked as Uint8Array, 1))

/** What the service echoes of a request's metadata: at the head and in the trailers. */
function echoed(metadata: Metadata): readonly [initial: Metadata | undefined, trailer: Metadata] {
  const trailer = new Metadata()
  for (const value of metadata.get(echoedTrailer)) trailer.add(echoedTrailer, value)
  const [value] = metadata.get(echoedInitial)
  if (value === undefined) return [undefined, trailer]
  const initial = new Metadata()
  initial.set(echoedInitial, value)
  return [initial, trailer]
}

export interface InteropService {
  readonly definition: ServiceDefinition
  readonly implementation: UntypedServiceImplementation
  /** Calls of both directions that were cancelled. */
  readonly cancelled: () => number
}

export function createInteropService(): InteropService {
  let cancelled = 0
  const emptyCall: handleUnaryCall<Buffer, Buffer> = (_, done) => done(null, Buffer.alloc(0))
  const unaryCall: handleUnaryCall<Buffer, Buffer> = (call, done) => {
    const status = statusIn(call.request)
    if (status !== undefined) return done({ code: status.code, details: status.message })
    const [initial, trailer] = echoed(call.metadata)
    if (initial !== undefined) call.sendMetadata(initial)
    done(null, withPayload(numberIn(call.request, 2)), trailer)
  }
  const streamingInputCall: handleClientStreamingCall<Buffer, Buffer> = (call, done) => {
    let size = 0
    call.on('data', (request: Buffer) => (size += payloadSize(request)))
    call.on('end', () => done(null, finish(varint(new BinaryWriter(), 1, size))))
    call.on('cancelled', () => cancelled++)
  }
  const streamingOutputCall: handleServerStreamingCall<Buffer, Buffer> = (call) => {
    for (const size of sizesIn(call.request)) call.write(withPayload(size))
    call.end()
  }
  const fullDuplexCall: handleBidiStreamingCall<Buffer, Buffer> = (call) => {
    const [initial, trailer] = echoed(call.metadata)
    if (initial !== undefined) call.sendMetadata(initial)
    call.on('data', (request: Buffer) => {
      const status = statusIn(request)
      if (status !== undefined) return call.emit('error', { code: status.code, details: status.message })
      for (const size of sizesIn(request)) call.write(withPayload(size))
    })
    call.on('end', () => call.end(trailer))
    call.on('cancelled', () => cancelled++)
  }
  return {
    definition: methods,
    implementation: { emptyCall, unaryCall, streamingInputCall, streamingOutputCall, fullDuplexCall },
    cancelled: () => cancelled,
  }
}
