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
    expect(await runHandler({ grpc: { port } }, target(0), 1000)).toEqual({ ok: false, reason: 'gRPC health status is 0' })
    plain.close()
  })

  it('exec succeeds with exit code 0', async () => {
    expect(await runHandler({ exec: { command: ['true'] } }, target(0), 1000)).toEqual({ ok: true })
    expect(await runHandler({ exec: { command: ['false'] } }, target(0), 1000)).toEqual({
      ok: false,
      reason: 'command exited with code 3: said no',
    })
  })
})
