/** Fields that must not stand in trailers (RFC 9110 section 6.5.1) come through in no direction, whatever the two sides speak. */
import { createServer, request as request1, type IncomingMessage } from 'node:http'
import { describe, expect, test } from 'vitest'
import { mayTrail } from '../../src/message/trailer-fields.js'
import { keepOpen } from '../keep-open.js'
import { action, anyRoute, config, httpListener, listen, startProxy, staticCluster } from './harness.js'
import { http2Client, http2Upstream, request } from './http2-peers.js'

const keep = keepOpen()

type Trailers = Readonly<Record<string, string>>

const harmless: Trailers = { 'x-sum': '1', 'grpc-status': '0', etag: '"a"', 'content-digest': 'sha-256=:x:', 'server-timing': 'a;dur=1' }
const barred: Trailers = {
  authorization: 'Bearer x',
  'proxy-authorization': 'Basic x',
  'proxy-authenticate': 'Basic',
  'www-authenticate': 'Basic',
  cookie: 'a=b',
  'set-cookie': 'a=b',
  forwarded: 'for=1.2.3.4',
  'x-forwarded-for': '1.2.3.4',
  x_forwarded_for: '1.2.3.4',
  'x-envoy-original-path': '/admin',
  'max-forwards': '1',
  expect: '100-continue',
  range: 'bytes=0-1',
  'if-match': '"a"',
  'cache-control': 'public',
  date: 'now',
  location: '/',
  'content-type': 'text/html',
  'content-encoding': 'gzip',
  'content-range': 'bytes 0-1/2',
}
const sent: Trailers = { ...harmless, ...barred }
const names = Object.keys(sent).join(', ')
const plain = (trailers: object | undefined): object => Object.fromEntries(Object.entries(trailers ?? {}))

/** An upstream that sends them, and tells those that came. */
async function upstream(kind: 'h1' | 'h2', seen: (trailers: object) => void): Promise<number> {
  if (kind === 'h2') {
    const server = await http2Upstream((stream) => {
      stream.on('trailers', (trailers) => seen(plain(trailers)))
      stream.resume()
      stream.on('end', () => {
        stream.respond({ ':status': 200 }, { waitForTrailers: true })
        stream.on('wantTrailers', () => stream.sendTrailers(sent))
        stream.end('answer')
      })
    })
    return keep(server).port
  }
  const server = createServer((incoming, outgoing) => {
    incoming.resume()
    incoming.on('end', () => {
      seen(plain(incoming.trailers))
      outgoing.setHeader('trailer', names)
      outgoing.write('answer')
      outgoing.addTrailers(sent)
      outgoing.end()
    })
  })
  return keep(await listen(server)).port
}

/** @returns the trailers of the answer. */
async function ask(kind: 'h1' | 'h2', port: number): Promise<object> {
  if (kind === 'h2') {
    const answer = await request(keep(http2Client(port)), { ':method': 'POST', ':path': '/', ':authority': 'a' }, 'upload', sent)
    return plain(answer.trailers)
  }
  const headers = { host: 'a', te: 'trailers', connection: 'te', trailer: names }
  const outgoing = request1({ port, host: '127.0.0.1', method: 'POST', path: '/', headers, agent: false })
  outgoing.addTrailers(sent)
  outgoing.end('upload')
  const answer = await new Promise<IncomingMessage>((resolve, reject) => void outgoing.on('response', resolve).on('error', reject))
  answer.resume()
  await new Promise((resolve) => answer.once('end', resolve))
  return plain(answer.trailers)
}

describe.each([
  ['h1', 'h1'],
  ['h1', 'h2'],
  ['h2', 'h1'],
  ['h2', 'h2'],
] as const)('a client of %s and an upstream of %s', (down, up) => {
  test('exchange only those trailers that may be some', async () => {
    const seen: object[] = []
    const port = await upstream(up, (trailers) => void seen.push(trailers))
    const cluster = staticCluster('u', [port], up === 'h2' ? { http: { protocol: 'http2' } } : {})
    const front = keep(await startProxy(config(httpListener([anyRoute(action('u'))]), [cluster])))
    expect(await ask(down, front.port)).toEqual(harmless)
    expect(seen).toEqual([harmless])
  })
})

test('the rule knows framing, routing, conditions, credentials, and what says how content is read', () => {
  expect(Object.keys(harmless).filter((name) => !mayTrail(name))).toEqual([])
  const framing = [
    'content-length',
    'transfer-encoding',
    'host',
    'connection',
    'te',
    'trailer',
    'upgrade',
    'keep-alive',
    'proxy-connection',
  ]
  expect([...Object.keys(barred), ...framing].filter(mayTrail)).toEqual([])
})
