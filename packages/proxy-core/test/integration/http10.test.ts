/** HTTP/1.0 is Envoy's exception, not its rule. */
import { expect, test } from 'vitest'
import type { HttpConnectionManager } from '@heddle/routing'
import type { ProxyDeps } from '@heddle/proxy-core'
import { keepOpen } from '../keep-open.js'
import { action, anyRoute, config, exchange, httpListener, httpUpstream, startProxy, staticCluster } from './harness.js'

const keep = keepOpen()

async function answerOf(
  request: string,
  httpProtocolOptions: HttpConnectionManager['httpProtocolOptions'],
  deps: ProxyDeps,
): Promise<string> {
  const app = keep(await httpUpstream((incoming, outgoing) => outgoing.end(`host ${incoming.headers.host}`)))
  const listener = httpListener([anyRoute(action('app'))], httpProtocolOptions === undefined ? {} : { httpProtocolOptions })
  return exchange(keep(await startProxy(config(listener, [staticCluster('app', [app.port])]), deps)).port, request)
}

const old = 'GET / HTTP/1.0\r\nHost: a\r\n\r\n'

test.each([
  ['with the defaults of this engine', old, undefined, {}, /^HTTP\/1\.1 200 .*host a$/s],
  ['when the manager forbids it', old, { acceptHttp10: false }, {}, /^HTTP\/1\.1 426 Upgrade Required\r\n.*connection: close\r\n/s],
  ['with Envoy’s defaults', old, undefined, { acceptsHttp10: false }, /^HTTP\/1\.1 426 /],
  ['when the manager allows it all the same', old, { acceptHttp10: true }, { acceptsHttp10: false }, /^HTTP\/1\.1 200 /],
  [
    'without a host, for which there is one',
    'GET / HTTP/1.0\r\n\r\n',
    { acceptHttp10: true, defaultHostForHttp10: 'there' },
    {},
    /host there$/,
  ],
  ['without a host', 'GET / HTTP/1.0\r\n\r\n', { acceptHttp10: true }, {}, /^HTTP\/1\.1 400 /],
  [
    'that is refused all the more with a framing of 1.1',
    'POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    undefined,
    { acceptsHttp10: false },
    /^HTTP\/1\.1 400 /,
  ],
  [
    'beside 1.1, which is not touched',
    'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    undefined,
    { acceptsHttp10: false },
    /^HTTP\/1\.1 200 /,
  ],
])('a request of HTTP/1.0 %s', async (_, request, options, deps, expected) => {
  expect(await answerOf(request, options, deps)).toMatch(expected)
})
