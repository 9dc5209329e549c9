/** What strangers must not put into heads: lines of their own, steering headers, what proxies tell each other. */
import { expect, test } from 'vitest'
import { isHeddleError } from '@heddle/base'
import { prepareRequestHeaders } from '../../src/filters/forwarding-headers.js'
import { HeaderBlock } from '../../src/message/header-block.js'
import type { DownstreamConnection } from '../../src/decision-record.js'
import type { ProxyFilter } from '../../src/filters/proxy-filter.js'
import { createRouteSet } from '../../src/router/route-set.js'
import { keepOpen } from '../keep-open.js'
import { action, anyRoute, config, exchange, httpListener, manager, rawUpstream, startProxy, staticCluster } from './harness.js'

const keep = keepOpen()

/** An upstream that answers each request with these bytes; `seen` has the last request. */
async function upstreamSaying(answer: string) {
  const heard = { request: '' }
  const upstream = keep(
    await rawUpstream((socket) =>
      socket.on('data', (data) => {
        heard.request = data.toString('latin1')
        socket.write(answer)
      }),
    ),
  )
  return { heard, clusters: [staticCluster('u', [upstream.port])] }
}

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const get = (lines = ''): string => `GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${lines}\r\n`
const adding = (value: string) =>
  anyRoute(action('u'), { headers: { requestAdd: [{ key: 'x-note', value, append: 'OVERWRITE_IF_EXISTS_OR_ADD' }] } })

test('a configured value beyond latin1 is written as UTF-8 and never becomes a line end', async () => {
  const { heard, clusters } = await upstreamSaying(ok)
  const front = keep(await startProxy(config(httpListener([adding('a\u010d\u010ax-admin: true')]), clusters)))
  expect(await exchange(front.port, get())).toMatch(/ok$/)
  expect(Buffer.from(heard.request, 'latin1').toString('utf8')).toContain('x-note: a\u010d\u010ax-admin: true\r\n')
  expect(heard.request).not.toContain('\r\nx-admin')
})

test('a configured value with a line end is refused', () => {
  const configuration = { name: 'r', virtualHosts: [{ name: 'h', domains: ['*'], routes: [adding('a\r\nx-admin: true')] }] }
  const refusal = (() => {
    try {
      return createRouteSet(configuration, undefined)
    } catch (error) {
      return error
    }
  })()
  expect(isHeddleError(refusal) && refusal.code).toBe('HEDDLE_PROXY_WIRE_TEXT')
})

test('a filter cannot write a line of its own', async () => {
  const { heard, clusters } = await upstreamSaying(ok)
  const filter: ProxyFilter = {
    name: 'echo',
    onRequest({ headers }) {
      headers.set('x-note', 'a\u010a')
      return undefined
    },
  }
  const front = keep(await startProxy(config(httpListener([anyRoute(action('u'))]), clusters), { filters: [filter] }))
  await exchange(front.port, get())
  expect(Buffer.from(heard.request, 'latin1').toString('utf8')).toContain('x-note: a\u010a\r\n')
})

test('an edge takes every header away by which a stranger could steer', async () => {
  const { heard, clusters } = await upstreamSaying(ok)
  const names = [
    'X-Rewrite-Url',
    'x-original-url',
    'x-original-path',
    'X-Envoy-Original-Path',
    'x-envoy-original-url',
    'x-envoy-max-retries',
    'x-envoy-upstream-alt-stat-name',
    'x-envoy-hedge-on-per-try-timeout',
    'x-envoy-peer-metadata',
    'x-forwarded-client-cert',
  ]
  const front = keep(await startProxy(config(httpListener([anyRoute(action('u'))], { useRemoteAddress: true }), clusters)))
  await exchange(front.port, get(`${names.map((name) => `${name}: evil\r\n`).join('')}X-Kept: evil\r\n`))
  expect(heard.request.match(/^.*: evil$/gm)).toEqual(['X-Kept: evil'])
})

test('early hints bring their links and nothing of what proxies tell each other', async () => {
  const hints = 'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nServer: inner\r\nx-envoy-peer-metadata: SECRET\r\n\r\n'
  const { clusters } = await upstreamSaying(`${hints}${ok}`)
  const front = keep(await startProxy(config(httpListener([anyRoute(action('u'))]), clusters)))
  const answer = await exchange(front.port, get())
  expect(answer).toMatch(/^HTTP\/1\.1 103 [^\r]*\r\nlink: <\/a\.css>; rel=preload\r\n\r\nHTTP\/1\.1 200 /)
  expect(answer).not.toContain('SECRET')
})

test("a certificate's subject stays within its quotes in x-forwarded-client-cert", () => {
  const headers = new HeaderBlock()
  headers.begin()
  const peer = {
    uriSans: ['spiffe://a;URI=b'],
    dnsSans: ['a.example', 'b",By=c'],
    subject: 'CN=a\\";URI=spiffe://evil \u010d\u010ax',
    fingerprint: 'f',
    der: new Uint8Array(),
  }
  const connection = { tls: { peer, localUriSan: 'spiffe://me' } } as unknown as DownstreamConnection
  const wanted = { forwardClientCertDetails: 'SANITIZE_SET', setCurrentClientCertDetails: { subject: true, uri: true, dns: true } } as const
  prepareRequestHeaders(headers, manager([], wanted), connection, { next: () => 'id' })
  const text = headers.get('x-forwarded-client-cert') ?? ''
  expect(Buffer.from(text, 'latin1').toString('utf8')).toBe(
    'By=spiffe://me;Hash=f;Subject="CN=a\\";URI=spiffe://evil \u010d\u010ax";URI="spiffe://a;URI=b";DNS=a.example;DNS="b\\",By=c"',
  )
})
