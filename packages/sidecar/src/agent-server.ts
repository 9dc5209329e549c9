/** pilot-agent's HTTP ports: 15020 (merged metrics, probes of the application, drain) and 15021 (health). */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { HeddleError, type Logger, messageOf } from '@heddle/base'

export interface AgentAnswer {
  readonly status: number
  readonly body: string
  readonly contentType?: string
}

/** Answers by exact path, or by the longest prefix that ends in `/`. */
export type AgentRoutes = Readonly<Record<string, (path: string, method: string) => AgentAnswer | Promise<AgentAnswer>>>

export interface AgentServer {
  close(): Promise<void>
}

/** @throws HEDDLE_PROXY_LISTEN */
export async function serveAgent(address: string, port: number, routes: AgentRoutes, logger: Logger): Promise<AgentServer> {
  const server = createServer((request, response) => void answer(routes, request, response, logger))
  await listen(server, address, port)
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answer(routes: AgentRoutes, request: IncomingMessage, response: ServerResponse, logger: Logger): Promise<void> {
  const path = (request.url ?? '/').split('?')[0] as string
  request.resume()
  let result: AgentAnswer
  try {
    const route = routes[path] ?? routes[`${path.slice(0, path.indexOf('/', 1) + 1)}`]
    result = route
      ? await route(path, request.method ?? 'GET')
      : { status: 404, body: `no such page; there are ${Object.keys(routes).join(', ')}\n` }
  } catch (error) {
    logger.error('an agent page failed', { path, error: messageOf(error) })
    result = { status: 500, body: 'the page failed\n' }
  }
  response.writeHead(result.status, {
    'content-type': result.contentType ?? 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(result.body),
  })
  response.end(request.method === 'HEAD' ? undefined : result.body)
}

function listen(server: Server, address: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new HeddleError({
          code: 'HEDDLE_PROXY_LISTEN',
          message: `${address}:${port} cannot be bound: ${cause.message}`,
          hint: 'Another proxy may still run in this Pod.',
          cause,
        }),
      ),
    )
    server.listen(port, address, () => resolve())
  })
}
