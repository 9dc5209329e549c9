/** pilot-agent's HTTP ports: 15020 (merged metrics, probes of the application, drain) and 15021 (health). */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { HeddleError, type Logger, messageOf } from '@heddle/base'

export interface AgentAnswer {
  readonly status: number
  readonly body: string
  readonly contentType?: string
}

export interface AgentRequest {
  readonly path: string
  readonly method: string
  /** Whether the caller is in the Pod, or a person on the machine: no other Pod has these addresses. */
  readonly isLocal: boolean
}

/** Answers by exact path, or by the first segment with its closing `/`. */
export type AgentRoutes = Readonly<Record<string, (request: AgentRequest) => AgentAnswer | Promise<AgentAnswer>>>

export interface AgentPort {
  readonly address: string
  readonly port: number
  readonly routes: AgentRoutes
  /** Refuses callers of other Pods with 403. Default: false. */
  readonly isLocalOnly?: boolean
}

export interface AgentServer {
  close(): Promise<void>
}

const maxConnections = 1024
const requestTimeoutMs = 10_000

/** @throws HEDDLE_PROXY_LISTEN */
export async function serveAgent(options: AgentPort, logger: Logger): Promise<AgentServer> {
  const timeouts = { headersTimeout: requestTimeoutMs, requestTimeout: requestTimeoutMs }
  const server = createServer(timeouts, (request, response) => void answer(options, request, response, logger))
  server.maxConnections = maxConnections
  await listen(server, options.address, options.port)
  // Such as a process that has no file left for a connection: without a listener that would be its end.
  server.on('error', (error) => logger.error('an agent port failed', { port: options.port, error: messageOf(error) }))
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answer(options: AgentPort, request: IncomingMessage, response: ServerResponse, logger: Logger): Promise<void> {
  const path = (request.url ?? '/').split('?')[0] as string
  request.resume()
  let result: AgentAnswer
  try {
    result = await resultOf(options, { path, method: request.method ?? 'GET', isLocal: isLocal(request) })
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

async function resultOf({ routes, isLocalOnly }: AgentPort, request: AgentRequest): Promise<AgentAnswer> {
  if (isLocalOnly && !request.isLocal) return { status: 403, body: 'only callers in the Pod get this page\n' }
  const { path } = request
  const route = routes[path] ?? routes[path.slice(0, path.indexOf('/', 1) + 1)]
  return route ? await route(request) : { status: 404, body: `no such page; there are ${Object.keys(routes).join(', ')}\n` }
}

function isLocal({ socket }: IncomingMessage): boolean {
  const { remoteAddress: remote } = socket
  return remote !== undefined && (['127.0.0.1', '::1', '::ffff:127.0.0.1'].includes(remote) || remote === socket.localAddress)
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
