/** `Expect: 100-continue` by policy (Envoy's proxy_100_continue): answered here, or by the application; and 103 on its way through. */
import { createServer, request as request1, type IncomingMessage } from 'node:http'
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import { describe, expect, test } from 'vitest'
import { keepOpen } from '../keep-open.js'
import { action, anyRoute, config, httpListener, listen, startProxy, staticCluster, type TestProxy } from './harness.js'
import { http2Client, http2Upstream } from './http2-peers.js'

const keep = keepOpen()

type Version = 'h1' | 'h2'

/** A request at the application, which says what becomes of it. */
interface Arrived {
  readonly expects: string | undefined
  readonly goOn: () => void
  readonly hint: (link: string) => void
  readonly answer: (status: number) => void
  readonly body: () => string
}

async function application(version: Version, onRequest: (request: Arrived) => void): Promise<number> {
  if (version === 'h2') {
    const upstream = await http2Upstream((stream: ServerHttp2Stream, { expect: expects }: IncomingHttpHeaders) => {
      let body = ''
      stream.on('data', (piece: Buffer) => (body += piece.toString()))
      stream.on('end', () => !stream.headersSent && !stream.destroyed && answer(200))
      const answer = (status: number): void => {
        stream.respond({ ':status': status })
        stream.end('done')
      }
      const goOn = (): void => stream.additionalHeaders({ ':status': 100 })
      const hint = (link: string): void => stream.additionalHeaders({ ':status': 103, link })
      onRequest({ expects, goOn, hint, answer, body: () => body })
    })
    return keep(upstream).port
  }
  const server = createServer()
  const serve = (incoming: IncomingMessage, outgoing: Parameters<Parameters<typeof createServer>[1] & object>[1]): void => {
    let body = ''
    incoming.on('data', (piece: Buffer) => (body += piece.toString()))
    incoming.on('end', () => !outgoing.headersSent && answer(200))
    const answer = (status: number): void => void outgoing.writeHead(status).end('done')
    const goOn = (): void => outgoing.writeContinue()
    const hint = (link: string): void => outgoing.writeEarlyHints({ link })
    onRequest({ expects: incoming.headers.expect, goOn, hint, answer, body: () => body })
  }
  server.on('request', serve)
  server.on('checkContinue', serve)
  return keep(await listen(server)).port
}

/** A client that waits with its body. */
interface Asking {
  /** In order: interim answers, and the status. */
  readonly heard: (number | string)[]
  readonly sendBody: () => void
}

function ask(version: Version, port: number): Asking {
  const heard: (number | string)[] = []
  if (version === 'h2') {
    const stream = keep(http2Client(port)).request(
      { ':method': 'POST', ':path': '/', ':authority': 'a', expect: '100-continue' },
      { endStream: false },
    )
    stream.on('error', () => {})
    stream.on('headers', (headers) => void heard.push(headers[':status'] ?? 0, ...(headers['link'] ? [String(headers['link'])] : [])))
    stream.on('response', (headers) => void heard.push(headers[':status'] ?? 0))
    stream.resume()
    return { heard, sendBody: () => void stream.end('the body') }
  }
  const headers = { host: 'a', expect: '100-continue', 'content-length': '8' }
  const outgoing = request1({ port, host: '127.0.0.1', method: 'POST', path: '/', headers, agent: false })
  outgoing.on('error', () => {})
  outgoing.on('continue', () => void heard.push(100))
  outgoing.on('information', (info) => {
    if (info.statusCode !== 100) heard.push(info.statusCode, String(info.headers['link']))
  })
  outgoing.on('response', (answer) => {
    heard.push(answer.statusCode ?? 0)
    answer.resume()
  })
  outgoing.flushHeaders()
  return { heard, sendBody: () => void outgoing.end('the body') }
}

describe.each([
  ['h1', 'h1'],
  ['h1', 'h2'],
  ['h2', 'h1'],
  ['h2', 'h2'],
] as const)('Expect: 100-continue from a client of %s to an application of %s', (down, up) => {
  const start = async (proxy100Continue: boolean): Promise<{ front: TestProxy; arrived: Arrived[] }> => {
    const arrived: Arrived[] = []
    const port = await application(up, (request) => void arrived.push(request))
    const cluster = staticCluster('u', [port], up === 'h2' ? { http: { protocol: 'http2' } } : {})
    const listener = httpListener([anyRoute(action('u'))], { proxy100Continue })
    return { front: keep(await startProxy(config(listener, [cluster]))), arrived }
  }

  test('is answered here by default, and the application is not asked', async () => {
    const { front, arrived } = await start(false)
    const { heard, sendBody } = ask(down, front.port)
    await expect.poll(() => heard).toEqual([100])
    sendBody()
    await expect.poll(() => heard).toEqual([100, 200])
    expect(arrived.map(({ expects, body }) => [expects, body()])).toEqual([[undefined, 'the body']])
  })

  test('is asked of the application where the policy says so, and its word comes back once', async () => {
    const { front, arrived } = await start(true)
    const { heard, sendBody } = ask(down, front.port)
    await expect.poll(() => arrived.length).toBe(1)
    expect([arrived[0]?.expects, heard]).toEqual(['100-continue', []])
    arrived[0]?.goOn()
    await expect.poll(() => heard).toEqual([100])
    sendBody()
    await expect.poll(() => heard).toEqual([100, 200])
    expect(arrived[0]?.body()).toBe('the body')
  })

  test('may be refused by the application, and no body is sent for nothing', async () => {
    const { front, arrived } = await start(true)
    const { heard } = ask(down, front.port)
    await expect.poll(() => arrived.length).toBe(1)
    arrived[0]?.answer(413)
    await expect.poll(() => heard).toEqual([413])
    expect(arrived[0]?.body()).toBe('')
    await expect.poll(() => front.requests).toMatchObject([{ status: 413 }])
    // The connection to the application owes a body: nothing else goes out on it.
    const next = ask(down, front.port)
    await expect.poll(() => arrived.length).toBe(2)
    arrived[1]?.goOn()
    await expect.poll(() => next.heard).toEqual([100])
    next.sendBody()
    await expect.poll(() => next.heard).toEqual([100, 200])
  })

  test.each([true, false])('goes with hints (103), which are passed on; the application is asked: %s', async (proxy100Continue) => {
    const { front, arrived } = await start(proxy100Continue)
    const { heard, sendBody } = ask(down, front.port)
    await expect.poll(() => arrived.length).toBe(1)
    if (!proxy100Continue) await expect.poll(() => heard).toEqual([100])
    arrived[0]?.hint('</style.css>; rel=preload')
    const hints = [103, '</style.css>; rel=preload']
    await expect.poll(() => heard).toEqual(proxy100Continue ? hints : [100, ...hints])
    if (proxy100Continue) arrived[0]?.goOn()
    await expect.poll(() => heard.length).toBe(3)
    sendBody()
    await expect.poll(() => heard.at(-1)).toBe(200)
    expect(arrived[0]?.body()).toBe('the body')
  })
})
