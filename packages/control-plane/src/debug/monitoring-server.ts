/** 15014: readiness, metrics and the debug pages, in plain HTTP as istiod serves them; and 42422, Mixer's old Prometheus port. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { HeddleError, type Logger, messageOf } from '@heddle/base'

export interface Page {
  readonly contentType: string
  readonly body: string
  /** Default: 200. */
  readonly status?: number
}

/** Pages by path. @param query of the request. */
export type Pages = Readonly<Record<string, (query: URLSearchParams) => Page>>

export const json = (value: unknown): Page => ({ contentType: 'application/json', body: `${JSON.stringify(value, null, 2)}\n` })
export const text = (body: string, status = 200): Page => ({ contentType: 'text/plain; charset=utf-8', body, status })

export interface MonitoringServer {
  close(): Promise<void>
}

/** @throws HEDDLE_CONTROL_PLANE_LISTEN */
export async function serveMonitoring(address: string, port: number, pages: Pages, logger: Logger): Promise<MonitoringServer> {
  const server = createServer((request, response) => answer(pages, request, response, logger))
  await listen(server, address, port)
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function answer(pages: Pages, request: IncomingMessage, response: ServerResponse, logger: Logger): void {
  const [path = '/', query = ''] = (request.url ?? '/').split('?')
  const page = pages[path]
  let result: Page
  try {
    if (request.method !== 'GET' && request.method !== 'HEAD') result = text('only GET is served here\n', 405)
    else result = page ? page(new URLSearchParams(query)) : text(`no such page; there are ${Object.keys(pages).join(', ')}\n`, 404)
  } catch (error) {
    logger.error('a monitoring page failed', { path, error: messageOf(error) })
    result = text('the page failed\n', 500)
  }
  response.writeHead(result.status ?? 200, { 'content-type': result.contentType, 'content-length': Buffer.byteLength(result.body) })
  response.end(request.method === 'HEAD' ? undefined : result.body)
}

function listen(server: Server, address: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new HeddleError({
          code: 'HEDDLE_CONTROL_PLANE_LISTEN',
          message: `${address}:${port} cannot be bound for monitoring: ${cause.message}`,
          hint: 'Find what holds the port, or choose another with --monitoringAddr.',
          cause,
        }),
      ),
    )
    server.listen(port, address, () => resolve())
  })
}
