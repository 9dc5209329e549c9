/** gRPC through the proxy with its own client and server on both ends, HTTP/2 on both sides. */
import {
  Client,
  type ClientReadableStream,
  credentials,
  type handleBidiStreamingCall,
  type handleClientStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  Metadata,
  Server,
  ServerCredentials,
  type ServiceError,
  status,
} from '@grpc/grpc-js'
import { expect, test } from 'vitest'
import type { RouteAction } from '@heddle/routing'
import type { RequestRecord } from '@heddle/proxy-core'
import { keepOpen } from '../keep-open.js'
import { action, anyRoute, config, httpListener, startProxy, staticCluster } from './harness.js'

const keep = keepOpen()

const bytes = (value: Buffer): Buffer => value
const method = (name: string, requestStream: boolean, responseStream: boolean) => ({
  path: `/test.Echo/${name}`,
  requestStream,
  responseStream,
  requestSerialize: bytes,
  requestDeserialize: bytes,
  responseSerialize: bytes,
  responseDeserialize: bytes,
})
const service = {
  unary: method('Unary', false, false),
  expand: method('Expand', false, true),
  collect: method('Collect', true, false),
  chat: method('Chat', true, true),
}

interface Told {
  cancelled: number
  deadlineMs: number
  tries: number
}

const unary =
  (told: Told): handleUnaryCall<Buffer, Buffer> =>
  (call, done) => {
    const [wanted] = call.metadata.get('x-status')
    if (wanted === 'flaky' && told.tries++ < 2) return done({ code: status.UNAVAILABLE, details: 'not yet', metadata: new Metadata() })
    if (wanted === 'never') {
      call.on('cancelled', () => told.cancelled++)
      const deadline = call.getDeadline()
      told.deadlineMs = deadline instanceof Date ? deadline.getTime() : deadline
      return
    }
    if (wanted !== undefined && wanted !== 'flaky') return done({ code: Number(wanted), details: 'as asked', metadata: new Metadata() })
    const initial = new Metadata()
    for (const value of call.metadata.get('x-data-bin')) initial.add('x-data-bin', value)
    call.sendMetadata(initial)
    const trailer = new Metadata()
    trailer.set('x-size', String(call.request.length))
    done(null, call.request, trailer)
  }
const expand: handleServerStreamingCall<Buffer, Buffer> = (call) => {
  for (let at = 0; at < call.request.length; at++) call.write(call.request.subarray(at, at + 1))
  call.end()
}
const collect: handleClientStreamingCall<Buffer, Buffer> = (call, done) => {
  const pieces: Buffer[] = []
  call.on('data', (piece: Buffer) => pieces.push(piece))
  call.on('end', () => done(null, Buffer.concat(pieces)))
}
const chat =
  (told: Told): handleBidiStreamingCall<Buffer, Buffer> =>
  (call) => {
    call.on('data', (piece: Buffer) => call.write(piece))
    call.on('end', () => call.end())
    call.on('cancelled', () => told.cancelled++)
  }

async function stage(more: Partial<RouteAction> = {}) {
  const told: Told = { cancelled: 0, deadlineMs: 0, tries: 0 }
  const server = new Server({ 'grpc.max_receive_message_length': -1 })
  server.addService(service, { unary: unary(told), expand, collect, chat: chat(told) })
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => (error ? reject(error) : resolve(bound))),
  )
  keep({ close: () => server.forceShutdown() })
  const records: { code: number; grpc: string | undefined; protocol: string }[] = []
  const front = keep(
    await startProxy(config(httpListener([anyRoute(action('u', more))]), [staticCluster('u', [port], { http: { protocol: 'http2' } })]), {
      telemetry: {
        onRequestComplete: ({ responseCode, grpcStatus, protocol }: RequestRecord) =>
          void records.push({ code: responseCode, grpc: grpcStatus, protocol }),
        onConnectionComplete: () => {},
      },
    }),
  )
  const client = keep(new Client(`127.0.0.1:${front.port}`, credentials.createInsecure(), { 'grpc.max_receive_message_length': -1 }))
  return { client, told, records, server, front }
}

interface Answer {
  readonly value?: Buffer | undefined
  readonly error?: ServiceError | undefined
  readonly initial?: Metadata
  readonly trailer?: Metadata
}

function call(client: Client, value: Buffer, metadata = new Metadata(), options = {}): Promise<Answer> & { cancel(): void } {
  let cancel = (): void => {}
  const promise = new Promise<Answer>((resolve) => {
    let initial: Metadata | undefined
    let answer: Answer = {}
    const running = client.makeUnaryRequest(service.unary.path, bytes, bytes, value, metadata, options, (error, got?: Buffer) => {
      answer = { value: got, error: error ?? undefined }
    })
    cancel = () => running.cancel()
    running.on('metadata', (received) => (initial = received))
    running.on('status', ({ metadata: trailer }) => setImmediate(() => resolve({ ...answer, ...(initial ? { initial } : {}), trailer })))
  })
  return Object.assign(promise, { cancel: () => cancel() })
}

const all = (stream: ClientReadableStream<Buffer>): Promise<string> =>
  new Promise((resolve, reject) => {
    let text = ''
    stream.on('data', (piece: Buffer) => (text += piece.toString()))
    stream.on('error', reject)
    stream.on('end', () => resolve(text))
  })

test('a unary call passes with its metadata, binary and in the trailers', async () => {
  const { client, records } = await stage()
  const metadata = new Metadata()
  metadata.add('x-data-bin', Buffer.from([0, 255, 1]))
  metadata.add('x-data-bin', Buffer.from([7]))
  const answer = await call(client, Buffer.from('hello'), metadata)
  expect(answer.value?.toString()).toBe('hello')
  expect(answer.initial?.get('x-data-bin')).toEqual([Buffer.from([0, 255, 1]), Buffer.from([7])])
  expect(answer.trailer?.get('x-size')).toEqual(['5'])
  expect(records).toEqual([{ code: 200, grpc: '0', protocol: 'HTTP/2' }])
})

test('messages of 4 MiB pass both ways, many at a time', async () => {
  const { client } = await stage()
  const large = Buffer.alloc(4 * 1024 * 1024, 'x')
  const answers = await Promise.all(Array.from({ length: 6 }, () => call(client, large)))
  for (const { value } of answers) expect(value?.equals(large)).toBe(true)
})

test('streams pass in each direction and in both', async () => {
  const { client } = await stage()
  expect(await all(client.makeServerStreamRequest(service.expand.path, bytes, bytes, Buffer.from('stream')))).toBe('stream')
  const collected = await new Promise<Buffer | undefined>((resolve, reject) => {
    const up = client.makeClientStreamRequest<Buffer, Buffer>(service.collect.path, bytes, bytes, (error, value) =>
      error ? reject(error) : resolve(value),
    )
    for (const piece of ['a', 'b', 'c']) up.write(Buffer.from(piece))
    up.end()
  })
  expect(collected?.toString()).toBe('abc')
  const both = client.makeBidiStreamRequest<Buffer, Buffer>(service.chat.path, bytes, bytes)
  const heard: string[] = []
  for (const word of ['one', 'two', 'three']) {
    const answered = new Promise<void>((resolve) => both.once('data', (piece: Buffer) => (heard.push(piece.toString()), resolve())))
    both.write(Buffer.from(word))
    await answered
  }
  both.on('data', () => {})
  both.end()
  await new Promise((resolve) => both.once('status', resolve))
  expect(heard).toEqual(['one', 'two', 'three'])
})

test('errors that are all trailers arrive with their status and words', async () => {
  const { client, records } = await stage()
  const metadata = new Metadata()
  metadata.set('x-status', '9')
  const { error } = await call(client, Buffer.from(''), metadata)
  expect(error).toMatchObject({ code: status.FAILED_PRECONDITION, details: 'as asked' })
  expect(records).toEqual([{ code: 200, grpc: '9', protocol: 'HTTP/2' }])
})

test('a call that is cancelled is cancelled at the server', async () => {
  const { client, told } = await stage()
  const both = client.makeBidiStreamRequest<Buffer, Buffer>(service.chat.path, bytes, bytes)
  both.on('error', () => {})
  const first = new Promise((resolve) => both.once('data', resolve))
  both.write(Buffer.from('hi'))
  await first
  both.cancel()
  await expect.poll(() => told.cancelled).toBe(1)
})

test('a deadline reaches the server and ends the call', async () => {
  const { client, told } = await stage({ maxGrpcTimeoutMs: 0 })
  const metadata = new Metadata()
  metadata.set('x-status', 'never')
  const { error } = await call(client, Buffer.from(''), metadata, { deadline: new Date(performance.timeOrigin + performance.now() + 150) })
  expect(error?.code).toBe(status.DEADLINE_EXCEEDED)
  expect(told.deadlineMs).toBeLessThan(Infinity)
  await expect.poll(() => told.cancelled).toBe(1)
})

test('a route may end a call that asks for more time, and calls that live too long', async () => {
  const metadata = new Metadata()
  metadata.set('x-status', 'never')
  const capped = await stage({ maxGrpcTimeoutMs: 50 })
  expect((await call(capped.client, Buffer.from(''), metadata)).error).toMatchObject({
    code: status.UNAVAILABLE,
    details: 'upstream request timeout',
  })
  const lived = await stage({ maxStreamDuration: { maxStreamDurationMs: 50 } })
  expect((await call(lived.client, Buffer.from(''), metadata)).error?.code).toBe(status.DEADLINE_EXCEEDED)
})

test('a status that the route retries on is not seen by the client', async () => {
  const { client, told } = await stage({ retryPolicy: { retryOn: 'unavailable', numRetries: 2 } })
  const metadata = new Metadata()
  metadata.set('x-status', 'flaky')
  expect((await call(client, Buffer.from('again'), metadata)).value?.toString()).toBe('again')
  expect(told.tries).toBe(3)
})

test('what the proxy answers itself is a gRPC status', async () => {
  const { client, server } = await stage()
  server.forceShutdown()
  const { error } = await call(client, Buffer.from(''))
  expect(error).toMatchObject({ code: status.UNAVAILABLE, details: expect.stringContaining('upstream connect error') })
})
