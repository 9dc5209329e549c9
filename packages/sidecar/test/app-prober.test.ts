import { createServer, type Server } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createFakeClock } from '@heddle/base/testing'
import { startHttpEcho } from '@heddle/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { type AppProber, runAppProbe } from '../src/app-prober.js'

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

it('fails for a probe that asks nothing', async () => {
  expect(await probe({}, 1)).toMatchObject({ status: 500 })
})
