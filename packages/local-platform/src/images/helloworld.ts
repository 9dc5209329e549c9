/**
 * Stands for the image of the article (`haseebm/helloworld-kubernetes`, port 8080) and for Istio's helloworld samples
 * (port 5000): greets with the version in `APP_VERSION`, and calls another service on request.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { hostname } from 'node:os'
import { endOnSignal } from './end-on-signal.js'

const { APP_VERSION: version = 'v1', SERVICE_PORT: port = '8080', HOSTNAME: instance = hostname() } = process.env

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://helloworld')
  switch (url.pathname) {
    case '/':
    case '/api/hello':
      return send(response, 200, `Hello world ${version}\n`)
    case '/hello':
      return send(response, 200, `Hello version: ${version}, instance: ${instance}\n`)
    case '/health':
    case '/healthz':
      return send(response, 200, 'ok\n')
    case '/api/call':
      return call(url.searchParams.get('url') ?? '', response)
    default:
      return send(response, 404, 'not found\n')
  }
}

/** Passes on what another service answers, or why it did not. */
async function call(target: string, response: ServerResponse): Promise<void> {
  try {
    const answered = await fetch(target, { signal: AbortSignal.timeout(10_000) })
    send(response, answered.status, await answered.text())
  } catch (error) {
    const cause = (error as Error).cause as Error | undefined
    send(response, 502, `${target}: ${cause?.message ?? (error as Error).message}\n`)
  }
}

function send(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'content-length': Buffer.byteLength(text) })
  response.end(text)
}

const server = createServer((request, response) => {
  answer(request, response).catch(() => response.destroy())
})
// Longer than a sidecar keeps an idle connection, so that the sidecar and not this server closes it.
server.keepAliveTimeout = 3_600_000
server.listen(Number(port), () => process.stdout.write(`helloworld ${version} listens on ${port}\n`))
endOnSignal(() => server.close())
