/** Requests beside the lists of byte-level cases: sound or odd ones that applications really see. In the notation of those lists. */
import type { WireCase } from '@heddle/testing'

const targets = [
  ['/a//b', '/a/./b', '/a/../b', '/a/b/..', '/a/b/.', '/.', '/..', '/../..', '/a/../../b', '//a', '///', '/a/...', '/.a/..b'],
  [
    '/%2e/a',
    '/%2e%2e/a',
    '/a/%2e%2E/b',
    '/.%2e/a',
    '/a%2fb',
    '/a%2Fb',
    '/a%5cb',
    '/a\\\\b',
    '/a/..;/b',
    '/a/..;x=1/b',
    '/a/%2e%2e;/b',
    '/a/.;',
    '/a;p=1/b',
    '/a%3bp',
  ],
  ['/%41', '/%7e', '/%zz', '/%', '/%4', '/a%00b', '/a%0d%0ab', '/a%20b', '/%E2%82%AC', '/\\xe2\\x82\\xac', '/a%25b', '/a+b'],
  ['/?', '/a?b=c?d', '/a?b#c', '/a#b', '/a?%00', '/a?\\xe2', '/a?//b/../c', '/a?b=%2e%2e', '/a|b', '/a"b', '/<a>', '/{a}', '/a^b', '/[a]'],
  ['http://a', 'http://a/b/../c', 'http://A/', 'https://a/', 'ftp://a/', 'http:///a', 'a', 'a/b', '?a', '*'],
].flat()

const fieldLines = [
  'Accept:',
  'Accept: a, b',
  'A: 1\\r\\nB: 2\\r\\nA: 3',
  'Cookie: a=1\\r\\nCookie: b=2',
  'X: a\\tb',
  'X:  a  ',
  'X: \\xe2\\x82\\xac',
  'X: \\x80\\xff',
  'X: ,',
  'X: "a\\r\\n',
  "!#$%&'*+-.^_|~: x",
  'X_Y: z',
  'x-y-Z: z',
  'Via: 1.0 a, 1.1 b',
  'Max-Forwards: 0',
  'Range: bytes=0-1',
  'If-None-Match: "a"',
  'Content-Type: text/plain',
  'Transfer-Encodin: chunked',
  'Keep-Alive: timeout=5',
  'Connection: keep-alive, x-a\\r\\nX-A: 1',
  'Connection: x-a, x-b\\r\\nX-A: 1\\r\\nX-B: 2\\r\\nX-C: 3',
  'Connection: close, x-a\\r\\nX-A: 1',
  'TE: gzip',
  'TE: trailers, gzip',
  'Upgrade: h2c',
  'Connection: Upgrade\\r\\nUpgrade: h2c',
  'Connection: Upgrade, HTTP2-Settings\\r\\nUpgrade: h2c\\r\\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA',
  'Proxy-Authorization: Basic eA==',
  'Proxy-Authenticate: Basic',
  'Authorization: Bearer x',
  'Forwarded: for=1.2.3.4',
  'Early-Data: 1',
  'Priority: u=1',
]

const methods = ['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD', 'QUERY', 'REPORT', 'get', 'G', 'G-T', 'G_T', 'G@T', "A'B", '{A*64}']

const row = (id: string, source: string): WireCase => ({ section: 'More', id, cells: [], source, prose: '', want: '' })

export const moreCases: readonly WireCase[] = [
  ...targets.map((target, at) => row(`M${at + 1}`, `GET ${target} HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n`)),
  ...fieldLines.map((lines, at) => row(`F${at + 1}`, `{G}${lines}\\r\\n\\r\\n`)),
  ...methods.map((method, at) => row(`V${at + 1}`, `${method} / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n`)),
  ...methods.map((method, at) => row(`W${at + 1}`, `${method} / HTTP/1.1\\r\\nHost: a\\r\\nContent-Length: 2\\r\\n\\r\\nhi`)),
]
