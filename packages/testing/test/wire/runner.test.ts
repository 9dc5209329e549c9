/** The judge is judged: what passes bytes on as they are is found out. */
import { connect, createServer, type AddressInfo, type Server } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  readRequestExpectation,
  readWireMessage,
  runRequestCase,
  startStrictUpstream,
  type StrictUpstream,
  type WireTarget,
} from '@heddle/testing'

let upstream: StrictUpstream
let server: Server
let target: WireTarget

beforeAll(async () => {
  upstream = await startStrictUpstream()
  // A proxy that copies.
  server = createServer({ allowHalfOpen: true }, (client) => {
    const beyond = connect({ port: upstream.port, host: '127.0.0.1', allowHalfOpen: true })
    for (const socket of [client, beyond]) socket.on('error', () => {})
    client.pipe(beyond).pipe(client)
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  target = {
    connect: () => connect({ port, host: '127.0.0.1', allowHalfOpen: true }),
    upstream,
    settled: async () => {},
    forwarded: () => upstream.accepted - 1,
  }
})
afterAll(async () => {
  await upstream.close()
  server.close()
})

const run = (source: string, want: string) => runRequestCase(target, { source, expectation: readRequestExpectation(want) }, 'whole')

describe('a proxy that copies bytes', () => {
  test('lets two lengths through, which is found', async () => {
    const faults = await run('{P}Content-Length: 6\\r\\n{C}\\r\\n{L}G', '400')
    expect(faults.join(' ')).toMatch(/1 lengths and 1 codings/)
    expect(faults.join(' ')).toMatch(/not exactly one answer out of 400/)
  })

  test('passes a smuggled request on, which is counted', async () => {
    expect((await run('{G}\\r\\n{S}', 'ok')).join(' ')).toMatch(/upstream saw 2 requests, not 1/)
  })
})

describe('the strict reader', () => {
  test.each([
    ['a blank before the colon', 'GET / HTTP/1.1\r\nHost : a\r\n\r\n'],
    ['a bare LF', 'GET / HTTP/1.1\nHost: a\r\n\r\n'],
    ['two hosts', 'GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n'],
    ['a length with a sign', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\nx'],
    ['an extension of a chunk', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;a\r\nx\r\n0\r\n\r\n'],
    ['a size with a zero in front', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n01\r\nx\r\n0\r\n\r\n'],
  ])('takes no %s', (_, text) => {
    expect(readWireMessage(text, 0, 'request').kind).toBe('fault')
  })

  test('reads a canonical message whole and waits for the rest of a half one', () => {
    const text = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nT: v\r\n\r\n'
    const whole = readWireMessage(text, 0, 'request')
    expect(whole).toMatchObject({ kind: 'message', end: text.length, message: { body: 'x', trailers: [['T', 'v']] } })
    for (let cut = 0; cut < text.length; cut++) expect(readWireMessage(text.slice(0, cut), 0, 'request').kind).toBe('more')
  })
})
