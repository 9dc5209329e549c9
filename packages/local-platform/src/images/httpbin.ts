/** Stands for go-httpbin (port 8080), with its most used endpoints and its JSON shapes: header and query values are lists. */
import { randomBytes, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { endOnSignal } from './end-on-signal.js'

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly url: URL
  /** What follows the endpoint's name in the path. */
  readonly rest: string
}

const maxBodyBytes = 1 << 20
const maxDelaySeconds = 10

const endpoints: Readonly<Record<string, (exchange: Exchange) => void | Promise<void>>> = {
  '': ({ response }) =>
    text(response, 200, 'httpbin stand-in: /get /post /headers /ip /status/CODE /delay/SECONDS /anything /bytes/N /stream/N\n'),
  get: (exchange) => json(exchange, 200, described(exchange)),
  headers: (exchange) => json(exchange, 200, { headers: headerLists(exchange.request) }),
  ip: (exchange) => json(exchange, 200, { origin: origin(exchange.request) }),
  'user-agent': (exchange) => json(exchange, 200, { 'user-agent': exchange.request.headers['user-agent'] ?? '' }),
  uuid: (exchange) => json(exchange, 200, { uuid: randomUUID() }),
  post: withBody,
  put: withBody,
  patch: withBody,
  delete: withBody,
  anything: withBody,
  status: ({ response, rest }) => text(response, statusCode(rest), ''),
  delay: async (exchange) => {
    const seconds = Math.min(Number(exchange.rest) || 0, maxDelaySeconds)
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
    return withBody(exchange)
  },
  bytes: ({ response, rest }) => {
    const bytes = randomBytes(Math.min(Number(rest) || 0, maxBodyBytes))
    response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': bytes.length }).end(bytes)
  },
  stream: (exchange) => {
    exchange.response.writeHead(200, { 'content-type': 'application/json' })
    for (let id = 0; id < Math.min(Number(exchange.rest) || 0, 100); id++) {
      exchange.response.write(`${JSON.stringify({ id, ...described(exchange) })}\n`)
    }
    exchange.response.end()
  },
  redirect: ({ response, rest }) => {
    const left = Number(rest) || 1
    response.writeHead(302, { location: left > 1 ? `/redirect/${left - 1}` : '/get' }).end()
  },
  'response-headers': (exchange) => {
    for (const [name, value] of exchange.url.searchParams) exchange.response.appendHeader(name, value)
    json(exchange, 200, queryLists(exchange.url))
  },
}

function answer(request: IncomingMessage, response: ServerResponse): void | Promise<void> {
  const url = new URL(request.url ?? '/', `http://${request.headers.host ?? 'httpbin'}`)
  const [name = '', ...rest] = url.pathname.slice(1).split('/')
  const endpoint = endpoints[name]
  if (!endpoint) return text(response, 404, 'not found\n')
  return endpoint({ request, response, url, rest: rest.join('/') })
}

async function withBody(exchange: Exchange): Promise<void> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of exchange.request as AsyncIterable<Buffer>) {
    bytes += part.length
    if (bytes > maxBodyBytes) return text(exchange.response, 413, 'the body is larger than 1 MiB\n')
    parts.push(part)
  }
  const data = Buffer.concat(parts).toString('utf8')
  json(exchange, 200, { ...described(exchange), data, json: parsed(data) })
}

function described({ request, url }: Exchange): object {
  return { args: queryLists(url), headers: headerLists(request), method: request.method, origin: origin(request), url: url.href }
}

function headerLists(request: IncomingMessage): Readonly<Record<string, readonly string[]>> {
  const entries = Object.entries(request.headersDistinct).map(([name, values]) => [canonicalName(name), values ?? []])
  return Object.fromEntries(entries) as Record<string, string[]>
}

/** `x-request-id` -> `X-Request-Id`, as Go writes header names. */
function canonicalName(name: string): string {
  return name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase())
}

function queryLists(url: URL): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries([...new Set(url.searchParams.keys())].map((name) => [name, url.searchParams.getAll(name)]))
}

function origin(request: IncomingMessage): string {
  return request.socket.remoteAddress ?? ''
}

function parsed(data: string): unknown {
  try {
    return JSON.parse(data)
  } catch {
    return null
  }
}

/** `503`, or one of several: `200,503`. */
function statusCode(rest: string): number {
  const codes = rest.split(',').map((code) => Number.parseInt(code, 10))
  const code = codes[Math.floor(Math.random() * codes.length)] ?? 0
  return code >= 200 && code <= 599 ? code : 400
}

function json({ response }: Exchange, status: number, value: unknown): void {
  const body = `${JSON.stringify(value, null, 2)}\n`
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(body) }).end(body)
}

function text(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'content-length': Buffer.byteLength(body) }).end(body)
}

const server = createServer((request, response) => {
  Promise.resolve(answer(request, response)).catch(() => response.destroy())
})
server.keepAliveTimeout = 3_600_000
server.listen(8080, () => process.stdout.write('httpbin listens on 8080\n'))
endOnSignal(() => server.close())
