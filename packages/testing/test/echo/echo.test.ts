import { once } from 'node:events'
import http2 from 'node:http2'
import net from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { startEchoProcess } from '../../src/echo/echo-process.js'
import type { EchoServer } from '../../src/echo/echo-server.js'
import { startGrpcEcho } from '../../src/echo/grpc-echo.js'
import { type HttpEcho, startHttpEcho } from '../../src/echo/http-echo.js'
import { startTcpEcho } from '../../src/echo/tcp-echo.js'

const opened: EchoServer[] = []
const keep = <T extends EchoServer>(server: T): T => {
  opened.push(server)
  return server
}
afterEach(async () => {
  await Promise.all(opened.splice(0).map((server) => server.close()))
})

async function unary(port: number, path: string, headers: Record<string, string> = {}): Promise<{ body: Buffer; status: string }> {
  const session = http2.connect(`http://127.0.0.1:${port}`)
  const stream = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers', ...headers })
  stream.end(Buffer.from([0, 0, 0, 0, 1, 7]))
  const trailers = once(stream, 'trailers')
  const parts: Buffer[] = []
  for await (const part of stream as AsyncIterable<Buffer>) parts.push(part)
  const status = String(((await trailers)[0] as Record<string, string>)['grpc-status'])
  session.close()
  return { body: Buffer.concat(parts), status }
}

describe('the echo servers', () => {
  it('http answers what it received, or what the query asks for', async () => {
    const { port } = keep(await startHttpEcho({ name: 'a' }))
    const response = await fetch(`http://127.0.0.1:${port}/x?status=201`, { method: 'POST', body: 'hello', headers: { 'x-one': '1' } })
    const echo = (await response.json()) as HttpEcho
    expect(response.status).toBe(201)
    expect(echo).toMatchObject({ name: 'a', method: 'POST', path: '/x?status=201', body: 'hello', remoteAddress: '127.0.0.1' })
    expect(echo.headers).toContainEqual(['x-one', '1'])
    expect(await (await fetch(`http://127.0.0.1:${port}/?bytes=5`)).text()).toBe('xxxxx')
    await expect(fetch(`http://127.0.0.1:${port}/?reset`)).rejects.toThrow('fetch failed')
  })

  it('tcp sends every byte back behind its greeting, and half-closes', async () => {
    const { port } = keep(await startTcpEcho({ greeting: 'ready ' }))
    const socket = net.connect(port, '127.0.0.1')
    socket.end('bytes')
    let text = ''
    for await (const part of socket) text += String(part)
    expect(text).toBe('ready bytes')
  })

  it('grpc sends a message back, answers health checks and picks a status', async () => {
    const { port } = keep(await startGrpcEcho())
    expect(await unary(port, '/a.B/C')).toEqual({ body: Buffer.from([0, 0, 0, 0, 1, 7]), status: '0' })
    expect(await unary(port, '/grpc.health.v1.Health/Check')).toEqual({ body: Buffer.from([0, 0, 0, 0, 2, 8, 1]), status: '0' })
    expect(await unary(port, '/a.B/C', { 'x-grpc-status': '14' })).toEqual({ body: Buffer.alloc(0), status: '14' })
  })

  it.each(['http', 'tcp', 'grpc'] as const)('%s runs in a process of its own and ends on SIGTERM', async (protocol) => {
    const server = await startEchoProcess({ protocol })
    const socket = net.connect(server.port, server.host)
    await once(socket, 'connect')
    socket.destroy()
    await server.close()
    expect(server.process.exitCode).toBe(0)
  })
})
