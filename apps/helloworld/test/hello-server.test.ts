import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { createHelloServer } from '../src/hello-server.js'
import { startTracing } from '../src/tracing.js'

const servers: Server[] = []

async function listen(server: Server): Promise<string> {
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

describe('the helloworld service', () => {
  it('greets with its version and tells its health', async () => {
    const address = await listen(createHelloServer({ version: 'v7' }))
    expect(await (await fetch(`${address}/api/hello`)).text()).toBe('Hello world v7\n')
    expect(await (await fetch(`${address}/healthz`)).text()).toBe('ok\n')
    expect((await fetch(`${address}/other`)).status).toBe(404)
  })

  it('calls another service, passes its answer on and hands it the trace headers', async () => {
    const seen: Record<string, unknown>[] = []
    const other = await listen(
      createServer((request, response) => {
        seen.push(request.headers)
        response.writeHead(503).end('busy')
      }),
    )
    const address = await listen(createHelloServer({ version: 'v1' }))
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    const response = await fetch(`${address}/api/call?url=${encodeURIComponent(other)}`, {
      headers: { traceparent, 'x-request-id': 'r1', cookie: 'secret' },
    })
    expect([response.status, await response.text()]).toEqual([503, 'busy'])
    expect(seen[0]).toMatchObject({ traceparent, 'x-request-id': 'r1' })
    expect(seen[0]).not.toHaveProperty('cookie')
  })

  it('answers 502 with the reason when the other service cannot be reached, and 400 without a target', async () => {
    const address = await listen(createHelloServer({ version: 'v1' }))
    const response = await fetch(`${address}/api/call?url=${encodeURIComponent('http://127.0.0.1:1/')}`)
    expect(response.status).toBe(502)
    expect(await response.text()).toMatch(/^http:\/\/127\.0\.0\.1:1\/: ./)
    expect((await fetch(`${address}/api/call`)).status).toBe(400)
  })

  it('loads no tracing without an endpoint', async () => {
    await (
      await startTracing({})
    )()
  })
})
