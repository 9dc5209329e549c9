import { createServer, type Server } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import { createServer as createTcpServer } from 'node:net'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createFakeClock } from '@heddle/base/testing'
import { startHttpEcho } from '@heddle/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { type AppProber, runAppProbe } from '../../src/agent/app-prober.js'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})
const clock = createFakeClock()
/** The application listens on a port that only the map knows; the probe names 8080. */
const probe = (prober: AppProber, port: number, by = clock) => runAppProbe(prober, { address: '127.0.0.1', portOf: () => port }, by)

async function freePort(): Promise<number> {
  const server = createTcpServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

describe('an HTTP probe', () => {
  it('passes the application’s status on', async () => {
    const echo = await startHttpEcho()
    closing.push(() => echo.close())
    expect(await probe({ httpGet: { path: '/healthz', port: 8080 } }, echo.port)).toMatchObject({ status: 200 })
    expect(await probe({ httpGet: { path: '/?status=503', port: 8080 } }, echo.port)).toMatchObject({ status: 503 })
  })

  it('carries the headers of the original probe', async () => {
    let seen: Record<string, unknown> = {}
    const server: Server = createServer((request, response) => {
      seen = request.headers
      response.end()
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    closing.push(() => server.close())
    const httpHeaders = [
      { name: 'Host', value: 'shop.example.org' },
      { name: 'X-Probe', value: 'yes' },
    ]
    await probe({ httpGet: { port: 8080, httpHeaders } }, (server.address() as AddressInfo).port)
    expect(seen).toMatchObject({ host: 'shop.example.org', 'x-probe': 'yes' })
  })

  it('fails for an application that does not listen', async () => {
    expect(await probe({ httpGet: { port: 8080 } }, await freePort())).toMatchObject({ status: 500 })
  })

  it('fails after its time', async () => {
    const silent = createTcpServer().listen(0, '127.0.0.1')
    await once(silent, 'listening')
    closing.push(() => silent.close())
    const own = createFakeClock()
    const accepted = once(silent, 'connection') as Promise<[{ destroy(): void }]>
    const answer = probe({ httpGet: { port: 8080 }, timeoutSeconds: 2 }, (silent.address() as AddressInfo).port, own)
    const [socket] = await accepted
    own.advance(2000)
    expect(await answer).toEqual({ status: 500, message: 'no answer within 2000 ms' })
    expect(own.pendingTimers()).toBe(0)
    socket.destroy()
  })
})

describe('a TCP probe', () => {
  it('asks whether something listens', async () => {
    const echo = await startHttpEcho()
    closing.push(() => echo.close())
    expect(await probe({ tcpSocket: { port: 8080 } }, echo.port)).toMatchObject({ status: 200 })
    expect(await probe({ tcpSocket: { port: 8080 } }, await freePort())).toMatchObject({ status: 500 })
  })
})

describe('a gRPC probe', () => {
  /** HealthCheckRequest { string service = 1 } behind gRPC's five bytes. */
  function serviceOf(request: Buffer): string {
    let length = 0
    let at = 6
    for (let shift = 0; at < request.length; shift += 7) {
      const byte = request[at++] as number
      length |= (byte & 0x7f) << shift
      if (byte < 0x80) break
    }
    return request.subarray(at, at + length).toString()
  }

  /** @param status HealthCheckResponse.ServingStatus by service name; another service is NOT_FOUND. */
  async function healthServer(statuses: Readonly<Record<string, number>>): Promise<number> {
    const server = createHttp2Server()
    server.on('stream', (stream, headers) => {
      const parts: Buffer[] = []
      stream.on('data', (part: Buffer) => parts.push(part))
      stream.on('end', () => {
        const service = serviceOf(Buffer.concat(parts))
        const found = headers[':path'] === '/grpc.health.v1.Health/Check' ? statuses[service] : undefined
        stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
        stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': found === undefined ? '5' : '0' }))
        stream.end(found === undefined ? undefined : Buffer.from([0, 0, 0, 0, 2, 0x08, found]))
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    closing.push(() => server.close())
    return (server.address() as AddressInfo).port
  }

  it('asks the health service for its service', async () => {
    const port = await healthServer({ '': 1, shop: 1, bank: 2 })
    expect(await probe({ grpc: { port: 8080 } }, port)).toEqual({ status: 200, message: 'SERVING' })
    expect(await probe({ grpc: { port: 8080, service: 'shop' } }, port)).toMatchObject({ status: 200 })
    expect(await probe({ grpc: { port: 8080, service: 'bank' } }, port)).toMatchObject({
      status: 500,
      message: expect.stringMatching(/not SERVING/),
    })
    expect(await probe({ grpc: { port: 8080, service: 'x'.repeat(200) } }, port)).toMatchObject({
      status: 500,
      message: expect.stringMatching(/status 5/),
    })
  })

  it.each([127, 128, 1025, 20_000])('asks for a service whose name has %d characters, and some more bytes', async (length) => {
    const service = `${'é'.repeat(length - 1)}x`
    const port = await healthServer({ [service]: 1 })
    expect(await probe({ grpc: { port: 8080, service } }, port)).toEqual({ status: 200, message: 'SERVING' })
  })

  it('fails for an application that is away, or speaks something else', async () => {
    expect(await probe({ grpc: { port: 8080 } }, await freePort())).toMatchObject({ status: 500 })
    const echo = await startHttpEcho()
    closing.push(() => echo.close())
    expect(await probe({ grpc: { port: 8080 } }, echo.port)).toMatchObject({ status: 500 })
  })
})

it('fails for a probe that asks nothing', async () => {
  expect(await probe({}, 1)).toMatchObject({ status: 500 })
})
