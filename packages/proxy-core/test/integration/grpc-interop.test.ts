/** gRPC's interoperability cases by their names, with its own client and server on both ends of the proxy. */
import {
  Client,
  type ClientDuplexStream,
  credentials,
  Metadata,
  type MethodDefinition,
  Server,
  ServerCredentials,
  type ServiceError,
  status,
  type StatusObject,
} from '@grpc/grpc-js'
import { createTestCa } from '@heddle/ca/testing'
import type { Listener } from '@heddle/routing'
import { describe, expect, test } from 'vitest'
import { keepOpen } from '../keep-open.js'
import {
  aggregatedSize,
  createInteropService,
  echoedInitial,
  echoedTrailer,
  type InteropService,
  method,
  methods,
  outputRequest,
  payloadSize,
  simpleRequest,
  withPayload,
} from './grpc-interop-service.js'
import { action, anyRoute, config, httpListener, manager, startProxy, staticCluster, type TestProxy } from './harness.js'
import { certificate, secretsOf } from './secrets.js'

const keep = keepOpen()

interface Stage {
  readonly client: Client
  readonly service: InteropService
  readonly front: TestProxy
}

const routes = [anyRoute(action('u'))]
const inClearText = { listener: httpListener(routes), deps: {}, credentials: credentials.createInsecure() }

function overTls() {
  const ca = createTestCa()
  const identity = ca.issue('spiffe://cluster.local/ns/default/sa/server', { dnsNames: ['localhost'] })
  const common = { certificates: [{ name: 'default', source: 'agent' }], alpnProtocols: ['h2'] } as const
  const listener: Listener = {
    ...httpListener([]),
    filterChains: [
      { tls: { common, requireClientCertificate: false }, filters: [{ kind: 'http-connection-manager', manager: manager(routes) }] },
    ],
  }
  return { listener, deps: { secrets: secretsOf(certificate(identity)) }, credentials: credentials.createSsl(Buffer.from(ca.rootPem)) }
}

async function stage(way: ReturnType<typeof overTls> | typeof inClearText): Promise<Stage> {
  const service = createInteropService()
  const server = new Server()
  server.addService(service.definition, service.implementation)
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => (error ? reject(error) : resolve(bound))),
  )
  keep({ close: () => server.forceShutdown() })
  const front = keep(await startProxy(config(way.listener, [staticCluster('u', [port], { http: { protocol: 'http2' } })]), way.deps))
  const named = { 'grpc.ssl_target_name_override': 'localhost', 'grpc.default_authority': 'localhost' }
  return { client: keep(new Client(`127.0.0.1:${front.port}`, way.credentials, named)), service, front }
}

interface Called {
  readonly answer: Buffer | undefined
  readonly status: StatusObject
  readonly initial: Metadata | undefined
}

function callUnary(
  { client }: Stage,
  { path, requestSerialize, responseDeserialize }: MethodDefinition<Buffer, Buffer>,
  request: Buffer,
  metadata: Metadata = new Metadata(),
): Promise<Called> {
  return new Promise((resolve) => {
    let answer: Buffer | undefined
    let initial: Metadata | undefined
    const call = client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, metadata, (_, value) => (answer = value))
    call.on('metadata', (received) => (initial = received))
    call.on('status', (ended) => setImmediate(() => resolve({ answer, status: ended, initial })))
  })
}

interface Duplex {
  readonly call: ClientDuplexStream<Buffer, Buffer>
  /** Sizes of payloads, as they come. */
  readonly sizes: number[]
  readonly initial: () => Metadata | undefined
  readonly ended: Promise<StatusObject>
}

function beginDuplex({ client }: Stage, metadata: Metadata = new Metadata(), options: { readonly deadline?: number } = {}): Duplex {
  const { path, requestSerialize, responseDeserialize } = methods.fullDuplexCall
  const call = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, metadata, options)
  const sizes: number[] = []
  let initial: Metadata | undefined
  call.on('metadata', (received) => (initial = received))
  call.on('data', (answer: Buffer) => void sizes.push(payloadSize(answer)))
  call.on('error', () => {})
  return { call, sizes, initial: () => initial, ended: new Promise((resolve) => call.on('status', resolve)) }
}

/** One message and the answer to it. */
async function exchangeOne({ call, sizes }: Duplex, request: Buffer): Promise<void> {
  const { length } = sizes
  call.write(request)
  await expect.poll(() => sizes.length).toBe(length + 1)
}

/** A call of `StreamingInputCall`, which the case ends as it likes. */
function beginInput({ client }: Stage) {
  const { path, requestSerialize, responseDeserialize } = methods.streamingInputCall
  let end: (result: { readonly error: ServiceError | null; readonly answer: Buffer | undefined }) => void
  const ended = new Promise<Parameters<typeof end>[0]>((resolve) => (end = resolve))
  const call = client.makeClientStreamRequest(path, requestSerialize, responseDeserialize, (error, answer?: Buffer) =>
    end({ error, answer }),
  )
  return { call, ended }
}

const requestSizes = [27_182, 8, 1828, 45_904]
const answerSizes = [31_415, 9, 2653, 58_979]
const unknown = { code: status.UNKNOWN, message: 'test status message' }
const special = { code: status.UNKNOWN, message: '\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n' }

async function expectUnimplemented(on: Stage, path: string): Promise<void> {
  const called = await callUnary(on, method(path, false, false), Buffer.alloc(0))
  expect(called.status.code).toBe(status.UNIMPLEMENTED)
}

const cases: Readonly<Record<string, (on: Stage) => Promise<void>>> = {
  empty_unary: async (on) => {
    const called = await callUnary(on, methods.emptyCall, Buffer.alloc(0))
    expect(called.status.code).toBe(status.OK)
    expect(called.answer).toHaveLength(0)
  },
  large_unary: async (on) => {
    const called = await callUnary(on, methods.unaryCall, simpleRequest({ responseSize: 314_159, body: 271_828 }))
    expect(called.status.code).toBe(status.OK)
    expect(called.answer?.equals(withPayload(314_159))).toBe(true)
  },
  client_streaming: async (on) => {
    const { call, ended } = beginInput(on)
    for (const size of requestSizes) call.write(withPayload(size))
    call.end()
    const { error, answer } = await ended
    expect(error).toBeNull()
    expect(aggregatedSize(answer ?? Buffer.alloc(0))).toBe(74_922)
  },
  server_streaming: async ({ client }) => {
    const { path, requestSerialize, responseDeserialize } = methods.streamingOutputCall
    const call = client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, outputRequest({ sizes: answerSizes }))
    const sizes: number[] = []
    call.on('data', (answer: Buffer) => void sizes.push(payloadSize(answer)))
    const ended = await new Promise<StatusObject>((resolve) => call.on('status', resolve))
    expect(ended.code).toBe(status.OK)
    expect(sizes).toEqual(answerSizes)
  },
  ping_pong: async (on) => {
    const duplex = beginDuplex(on)
    for (const [at, size] of answerSizes.entries()) await exchangeOne(duplex, outputRequest({ sizes: [size], body: requestSizes[at] ?? 0 }))
    duplex.call.end()
    expect((await duplex.ended).code).toBe(status.OK)
    expect(duplex.sizes).toEqual(answerSizes)
  },
  empty_stream: async (on) => {
    const { call, ended, sizes } = beginDuplex(on)
    call.end()
    expect((await ended).code).toBe(status.OK)
    expect(sizes).toEqual([])
  },
  custom_metadata: async (on) => {
    const metadata = new Metadata()
    metadata.set(echoedInitial, 'test_initial_metadata_value')
    metadata.set(echoedTrailer, Buffer.from('ababab', 'hex'))
    const unary = await callUnary(on, methods.unaryCall, simpleRequest({ responseSize: 314_159, body: 271_828 }), metadata)
    const duplex = beginDuplex(on, metadata)
    await exchangeOne(duplex, outputRequest({ sizes: [314_159], body: 271_828 }))
    duplex.call.end()
    const ended = await duplex.ended
    for (const [initial, last] of [
      [unary.initial, unary.status],
      [duplex.initial(), ended],
    ] as const) {
      expect(last.code).toBe(status.OK)
      expect(initial?.get(echoedInitial)).toEqual(['test_initial_metadata_value'])
      expect(last.metadata.get(echoedTrailer)).toEqual([Buffer.from('ababab', 'hex')])
    }
  },
  status_code_and_message: async (on) => {
    const unary = await callUnary(on, methods.unaryCall, simpleRequest({ status: unknown }))
    const { call, ended } = beginDuplex(on)
    call.write(outputRequest({ status: unknown }))
    call.end()
    for (const last of [unary.status, await ended]) expect(last).toMatchObject({ code: unknown.code, details: unknown.message })
  },
  special_status_message: async (on) => {
    const unary = await callUnary(on, methods.unaryCall, simpleRequest({ status: special }))
    expect(unary.status).toMatchObject({ code: special.code, details: special.message })
  },
  unimplemented_method: (on) => expectUnimplemented(on, '/grpc.testing.TestService/UnimplementedCall'),
  unimplemented_service: (on) => expectUnimplemented(on, '/grpc.testing.UnimplementedService/UnimplementedCall'),
  cancel_after_begin: async (on) => {
    const { call, ended } = beginInput(on)
    call.cancel()
    expect((await ended).error?.code).toBe(status.CANCELLED)
  },
  cancel_after_first_response: async (on) => {
    const duplex = beginDuplex(on)
    await exchangeOne(duplex, outputRequest({ sizes: [31_415], body: 27_182 }))
    duplex.call.cancel()
    expect((await duplex.ended).code).toBe(status.CANCELLED)
    await expect.poll(() => on.service.cancelled()).toBe(1)
  },
  timeout_on_sleeping_server: async (on) => {
    const { call, ended } = beginDuplex(on, new Metadata(), { deadline: performance.timeOrigin + performance.now() + 1 })
    call.write(outputRequest({ body: 27_182 }))
    expect((await ended).code).toBe(status.DEADLINE_EXCEEDED)
  },
}

describe.each([
  ['in clear text', () => inClearText],
  ['over TLS', overTls],
] as const)('%s', (_, way) => {
  test.each(Object.entries(cases))('%s', async (_name, run) => {
    const on = await stage(way())
    await run(on)
    await expect.poll(() => on.front.proxy.stats().clusters[0]?.activeRequests).toBe(0)
  })
})
