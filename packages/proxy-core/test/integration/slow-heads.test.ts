import { connect, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { createFakeClock } from '@heddle/base/testing'
import { keepOpen } from '../keep-open.js'
import { config, httpListener, startProxy, type TestProxy } from './harness.js'

const keep = keepOpen()

async function started(edge: boolean) {
  const clock = createFakeClock()
  const front: TestProxy = keep(await startProxy(config(httpListener([], { useRemoteAddress: edge }), []), { clock }))
  const socket: Socket = connect(front.port, '127.0.0.1')
  keep({ close: () => socket.destroy() })
  const client = { socket, text: '', closed: false }
  socket.on('error', () => {})
  socket.on('data', (data) => (client.text += data.toString('latin1')))
  socket.on('close', () => (client.closed = true))
  await expect.poll(() => front.proxy.stats().downstreamConnections).toBe(1)
  return { clock, front, client }
}

test.each([true, false])('a head that does not come to its end is answered with 408 (edge: %s)', async (edge) => {
  const { clock, front, client } = await started(edge)
  client.socket.write('GET / HTTP/1.1\r\nHost: a\r\nX-')
  await expect
    .poll(() => {
      clock.advance(1000)
      return client.closed
    })
    .toBe(true)
  expect(client.text).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n[^]*connection: close\r\n[^]*request header timeout$/)
  expect(front.requests[0]).toMatchObject({ status: 408 })
})

test('a silent connection is ended after 10 s at an edge; within the mesh it is kept as an idle one', async () => {
  const edge = await started(true)
  edge.clock.advance(10_000)
  await expect.poll(() => edge.client.closed).toBe(true)
  expect(edge.client.text).toBe('')
  const mesh = await started(false)
  mesh.clock.advance(299_000)
  mesh.client.socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await expect.poll(() => mesh.client.text).toMatch(/^HTTP\/1\.1 404 /)
  mesh.clock.advance(300_000)
  await expect.poll(() => mesh.client.closed).toBe(true)
})
