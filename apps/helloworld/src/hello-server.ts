/** The service of the article: greets with its version, tells its health, and calls another service with plain `fetch`. */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'

export interface HelloServerOptions {
  /** Goes into the greeting: `Hello world v1`. */
  readonly version: string
}

interface Answer {
  readonly status: number
  readonly text: string
}

const callTimeoutMs = 10_000
// Longer than a sidecar keeps an idle connection, so that the sidecar and not this server closes it (no 503 UC).
const keepAliveTimeoutMs = 3_600_000

/** What a service must pass on for its mesh to join the spans of one request; tracing SDKs cover their own. */
const forwardedHeaders = [
  'x-request-id',
  'traceparent',
  'tracestate',
  'b3',
  'x-b3-traceid',
  'x-b3-spanid',
  'x-b3-parentspanid',
  'x-b3-sampled',
  'x-b3-flags',
]

/** The server, not yet listening; the caller closes it. */
export function createHelloServer({ version }: HelloServerOptions): Server {
  const server = createServer((request, response) => {
    void traced(request, () => answer(request, version)).then((result) => send(response, result))
  })
  server.keepAliveTimeout = keepAliveTimeoutMs
  return server
}

async function answer(request: IncomingMessage, version: string): Promise<Answer> {
  const url = new URL(request.url ?? '/', 'http://helloworld')
  switch (url.pathname) {
    case '/api/hello':
      return { status: 200, text: `Hello world ${version}\n` }
    case '/healthz':
      return { status: 200, text: 'ok\n' }
    case '/api/call':
      return callService(url.searchParams.get('url'), request.headers)
    default:
      return { status: 404, text: `no such path: ${url.pathname}; try /api/hello\n` }
  }
}

/** Passes on the status and text of another service, or says why there is none. */
async function callService(target: string | null, inbound: IncomingHttpHeaders): Promise<Answer> {
  if (!target || !URL.canParse(target))
    return { status: 400, text: 'say which service to call: /api/call?url=http://helloworld/api/hello\n' }
  const headers: Record<string, string> = {}
  for (const name of forwardedHeaders) {
    const value = inbound[name]
    if (typeof value === 'string') headers[name] = value
  }
  propagation.inject(context.active(), headers)
  try {
    const response = await fetch(target, { headers, signal: AbortSignal.timeout(callTimeoutMs) })
    return { status: response.status, text: await response.text() }
  } catch (error) {
    const { message, cause } = error as Error
    return { status: 502, text: `${target}: ${cause instanceof Error ? cause.message || cause.name : message}\n` }
  }
}

/** One server span a request; without a tracing SDK the API does nothing. */
function traced(request: IncomingMessage, work: () => Promise<Answer>): Promise<Answer> {
  const parent = propagation.extract(context.active(), request.headers)
  const name = `${request.method ?? 'GET'} ${(request.url ?? '/').split('?')[0]}`
  return trace.getTracer('helloworld').startActiveSpan(name, { kind: SpanKind.SERVER }, parent, async (span) => {
    const result = await work().catch((error: unknown): Answer => ({ status: 500, text: `${String(error)}\n` }))
    span.setAttribute('http.response.status_code', result.status)
    if (result.status >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
    span.end()
    return result
  })
}

function send(response: ServerResponse, { status, text }: Answer): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'content-length': Buffer.byteLength(text) })
  response.end(text)
}
