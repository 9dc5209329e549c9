/** 15014: readiness, metrics and the debug pages, in plain HTTP as istiod serves them; and 42422, Mixer's old Prometheus port. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { HeddleError, type Logger, messageOf } from '@heddle/base'

export interface Page {
  readonly contentType: string
  readonly body: string
  /** Default: 200. */
  readonly status?: number
}

export interface PageRoute {
  /** @param query of the request. */
  readonly render: (query: URLSearchParams) => Page | Promise<Page>
  /** Only for callers of the same machine or Pod, as istiod's debug pages: they tell what others run. Default: false. */
  readonly isLocalOnly?: boolean
}

/** Pages by path. */
export type Pages = Readonly<Record<string, PageRoute>>

export const json = (value: unknown): Page => ({ contentType: 'application/json', body: `${JSON.stringify(value, null, 2)}\n` })
export const text = (body: string, status = 200): Page => ({ contentType: 'text/plain; charset=utf-8', body, status })

export interface MonitoringServer {
  readonly port: number
  close(): Promise<void>
}

const maxConnections = 1024
const requestTimeoutMs = 10_000

/** @throws HEDDLE_CONTROL_PLANE_LISTEN */
export async function serveMonitoring(address: string, port: number, pages: Pages, logger: Logger): Promise<MonitoringServer> {
  const server = createServer({ headersTimeout: requestTimeoutMs, requestTimeout: requestTimeoutMs }, (request, response) => {
    void answer(pages, request, response, logger)
  })
  server.maxConnections = maxConnections
  await listen(server, address, port)
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answer(pages: Pages, request: IncomingMessage, response: ServerResponse, logger: Logger): Promise<void> {
  const [path = '/', query = ''] = (request.url ?? '/').split('?')
  request.resume()
  let result: Page
  try {
    result = await pageOf(pages, path, query, request)
  } catch (error) {
    logger.error('a monitoring page failed', { path, error: messageOf(error) })
    result = text('the page failed\n', 500)
  }
  response.writeHead(result.status ?? 200, { 'content-type': result.contentType, 'content-length': Buffer.byteLength(result.body) })
  response.end(request.method === 'HEAD' ? undefined : result.body)
}

function pageOf(pages: Pages, path: string, query: string, { method, socket }: IncomingMessage): Page | Promise<Page> {
  if (method !== 'GET' && method !== 'HEAD') return text('only GET is served here\n', 405)
  const page = Object.hasOwn(pages, path) ? pages[path] : undefined
  if (!page) return text(`no such page; there are ${Object.keys(pages).join(', ')}\n`, 404)
  if (page.isLocalOnly && !isLocal(socket.remoteAddress, socket.localAddress))
    return text('only callers on this machine get this page\n', 403)
  return page.render(new URLSearchParams(query))
}

/** Loopback's own addresses, or the address that was asked: Pods of the local platform have others of 127.0.0.0/8. */
function isLocal(remote: string | undefined, local: string | undefined): boolean {
  return remote !== undefined && (['127.0.0.1', '::1', '::ffff:127.0.0.1'].includes(remote) || remote === local)
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
