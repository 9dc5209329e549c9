/** An HTTP/1.1 server that answers with what it received, as JSON; a query may ask for another answer. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { type EchoServer, listen } from './echo-server.js'

export interface HttpEchoOptions {
  /** Default: 0, any free port. */
  readonly port?: number
  /** Default: 127.0.0.1. */
  readonly host?: string
  /** Put into every answer, to tell servers apart. Default: `echo`. */
  readonly name?: string
  /** PEM certificate and key: serves HTTPS. Default: plaintext. */
  readonly tls?: { readonly cert: string; readonly key: string }
}

/** What `httpEcho` answers. */
export interface HttpEcho {
  readonly name: string
  readonly method: string
  readonly path: string
  /** Lower-case names in the order and number in which they came. */
  readonly headers: readonly (readonly [string, string])[]
  readonly body: string
  readonly remoteAddress: string
}

/** Query parameters: `status=503`, `bytes=N` (a body of N bytes instead of the echo), `close` (connection ends), `reset` (no answer). */
export async function startHttpEcho(options: HttpEchoOptions = {}): Promise<EchoServer> {
  const { port = 0, host = '127.0.0.1', name = 'echo', tls } = options
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    echo(name, request, response).catch(() => response.destroy())
  }
  const server: Server = tls ? createSecureServer(tls, listener) : createServer(listener)
  return listen(server, { host, port }, () => server.closeAllConnections())
}

async function echo(name: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const query = new URL(request.url ?? '/', 'http://echo').searchParams
  const parts: Buffer[] = []
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part)
  if (query.has('reset')) {
    request.socket.resetAndDestroy()
    return
  }
  const bytes = query.get('bytes')
  const body = bytes === null ? JSON.stringify(described(name, request, Buffer.concat(parts))) : 'x'.repeat(Number(bytes))
  if (query.has('close')) response.setHeader('connection', 'close')
  response.writeHead(Number(query.get('status') ?? 200), {
    'content-type': bytes === null ? 'application/json' : 'text/plain',
    'content-length': Buffer.byteLength(body),
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}

function described(name: string, request: IncomingMessage, body: Buffer): HttpEcho {
  const headers: [string, string][] = []
  for (let index = 0; index + 1 < request.rawHeaders.length; index += 2) {
    headers.push([(request.rawHeaders[index] as string).toLowerCase(), request.rawHeaders[index + 1] as string])
  }
  return {
    name,
    headers,
    method: request.method ?? '',
    path: request.url ?? '',
    body: body.toString('latin1'),
    remoteAddress: request.socket.remoteAddress ?? '',
  }
}
