import { createServer } from 'node:http'
import http2 from 'node:http2'
import net from 'node:net'
import { systemClock } from '@heddle/base/node'
import { startGrpcEcho, startTcpEcho } from '@heddle/testing'
import { describe, expect, it } from 'vitest'
import { type HandlerTarget, runHandler } from '../../src/runtime/handler.js'

const target = (port: number): HandlerTarget => ({
  container: { name: 'c', ports: [{ name: 'web', containerPort: 80 }] },
  podIp: '127.0.0.1',
  boundPort: (declared) => (declared === 80 ? port : declared),
  run: async (command) => ({ exitCode: command[0] === 'true' ? 0 : 3, output: 'said no\n' }),
  clock: systemClock,
})
const listen = (server: net.Server): Promise<number> =>
  new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as net.AddressInfo).port)))

/** HealthCheckRequest { string service = 1 }; a default value is not sent. */
function readHealthRequest(message: Buffer): string {
  if (message.length === 0) return ''
  expect(message[0]).toBe(0x0a)
  let length = 0
  let at = 1
  for (let shift = 0; ; shift += 7) {
    const byte = message[at++] as number
    length |= (byte & 0x7f) << shift
    if (byte < 0x80) break
  }
  expect(message.length).toBe(at + length)
  return message.subarray(at).toString('utf8')
}

describe('an action', () => {
  it('httpGet succeeds from 200 to 399, with headers, by port name, at the bound port', async () => {
    const server = createServer((request, response) =>
      response.writeHead(request.headers['x-pick'] ? Number(request.headers['x-pick']) : 200).end(),
    )
    const port = await listen(server)
    const pick = (status: string) =>
      runHandler({ httpGet: { port: 'web', path: 'health', httpHeaders: [{ name: 'X-Pick', value: status }] } }, target(port), 1000)
    expect(await pick('204')).toEqual({ ok: true })
    expect(await pick('302')).toEqual({ ok: true })
    expect(await pick('503')).toEqual({ ok: false, reason: 'HTTP probe failed with statuscode: 503' })
    server.close()
    expect(await runHandler({ httpGet: { port: 'none' } }, target(port), 1000)).toMatchObject({
      ok: false,
      reason: expect.stringContaining('no port named "none"'),
    })
  })

  it('httpGet gives up after its timeout', async () => {
    const server = net.createServer()
    const port = await listen(server)
    expect(await runHandler({ httpGet: { port } }, target(port), 30)).toMatchObject({
      ok: false,
      reason: expect.stringContaining('no answer within 30 ms'),
    })
    server.close()
  })

  it('tcpSocket succeeds when something listens', async () => {
    const echo = await startTcpEcho()
    expect(await runHandler({ tcpSocket: { port: echo.port } }, target(0), 1000)).toEqual({ ok: true })
    await echo.close()
    expect(await runHandler({ tcpSocket: { port: echo.port } }, target(0), 1000)).toMatchObject({ ok: false })
  })

  it('grpc asks the health service and wants SERVING', async () => {
    const echo = await startGrpcEcho()
    expect(await runHandler({ grpc: { port: echo.port, service: 'shop' } }, target(0), 1000)).toEqual({ ok: true })
    await echo.close()
    const plain = http2.createServer((_, response) => response.end('no'))
    const port = await listen(plain)
    expect(await runHandler({ grpc: { port } }, target(0), 1000)).toEqual({
      ok: false,
      reason: 'the health service answered gRPC status none',
    })
    plain.close()
  })

  it.each([0, 1, 127, 128, 300, 20_000])('grpc names a service of %i bytes as protobuf does', async (length) => {
    const service = 's'.repeat(length)
    let received = Buffer.alloc(0)
    const server = http2.createServer()
    server.on('stream', (stream) => {
      stream.on('data', (part: Buffer) => (received = Buffer.concat([received, part])))
      stream.once('end', () => {
        stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
        stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
        stream.end(Buffer.from([0, 0, 0, 0, 2, 0x08, 0x01]))
      })
    })
    const port = await listen(server)
    expect(await runHandler({ grpc: { port, service } }, target(0), 1000)).toEqual({ ok: true })
    server.close()
    const message = received.subarray(5)
    expect(received.readUInt32BE(1)).toBe(message.length)
    expect(readHealthRequest(message)).toBe(service)
  })

  it('grpc wants an answer that is SERVING and a call that succeeded', async () => {
    const answers = [
      [Buffer.from([0, 0, 0, 0, 2, 0x08, 0x02]), '0'],
      [Buffer.from([0, 0, 0, 0, 2, 0x08, 0x01]), '5'],
    ] as const
    const reasons: unknown[] = []
    for (const [body, status] of answers) {
      const server = http2.createServer()
      server.on('stream', (stream) => {
        stream.respond({ ':status': 200 }, { waitForTrailers: true })
        stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': status }))
        stream.end(body)
      })
      reasons.push(await runHandler({ grpc: { port: await listen(server) } }, target(0), 1000))
      server.close()
    }
    expect(reasons).toEqual([
      { ok: false, reason: 'the service is not SERVING' },
      { ok: false, reason: 'the health service answered gRPC status 5' },
    ])
  })

  it('exec succeeds with exit code 0', async () => {
    expect(await runHandler({ exec: { command: ['true'] } }, target(0), 1000)).toEqual({ ok: true })
    expect(await runHandler({ exec: { command: ['false'] } }, target(0), 1000)).toEqual({
      ok: false,
      reason: 'command exited with code 3: said no',
    })
  })
})
