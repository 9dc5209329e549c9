/** The HTTPS front of the embedded API: authentication, discovery, health, then the resources. Loopback only. */
import { type IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { HeddleError, type Logger, messageOf } from '@heddle/base'
import { failure, methodNotAllowed, pathNotFound, unauthorized } from './api-failure.js'
import { authenticate, type Caller, callerName, mayUseResources } from './authentication.js'
import { aggregatedDiscovery, aggregatedVersion, coreVersions, groupList, oneGroup, resourceList, serverVersion } from './discovery.js'
import { type Exchange, exchangeOf, sendError, sendJson } from './http-exchange.js'
import { openApiV2ContentType, openApiV2Document, openApiV3Document, openApiV3Index } from './openapi.js'
import type { PlatformKeys } from './platform-keys.js'
import { type RequestTarget, parseTarget } from './request-target.js'
import { qualifiedName } from './resource-kind.js'
import { handleResource, type ResourceServices } from './resource-handler.js'

export interface ApiServerOptions {
  readonly keys: PlatformKeys
  /** Tried first; a taken port moves to the next free one. 0 lets the system choose. */
  readonly port: number
  /** Tried before it: where clients that outlived the last server still look. */
  readonly formerPort?: number | undefined
  readonly version: string
  readonly logger: Logger
}

type ApiServices = Omit<ResourceServices, 'mayUseResources'>

export interface ApiServer {
  readonly port: number
  close(): Promise<void>
}

const address = '127.0.0.1'
const portsToTry = 50

/** @throws HEDDLE_API_PORT when no port can be bound. */
export async function startApiServer(options: ApiServerOptions, services: ApiServices): Promise<ApiServer> {
  const { keys, logger } = options
  const server = createServer({ cert: keys.serverCertificate, key: keys.serverKey, minVersion: 'TLSv1.2' }, (request, response) => {
    const exchange = exchangeOf(request, response)
    answer(exchange, options, services).catch((error: unknown) => {
      logger.debug('request refused', { method: exchange.method, path: exchange.path, error: messageOf(error) })
      sendError(response, error)
    })
  })
  // A watch of an idle resource is silent for long; its own timeout ends it.
  server.requestTimeout = 0
  server.keepAliveTimeout = 65_000
  server.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
    const response = new ServerResponse(request)
    response.shouldKeepAlive = false
    response.assignSocket(socket as Socket)
    response.on('finish', () => socket.end())
    socket.on('error', () => socket.destroy())
    refuseUpgrade(request, options, services).catch((error: unknown) => sendError(response, error))
  })
  const port = (options.formerPort && (await tryListen(server, options.formerPort))) || (await listen(server, options.port))
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function listen(server: Server, wanted: number): Promise<number> {
  for (let port = wanted; port < wanted + portsToTry; port++) {
    const bound = await tryListen(server, port)
    if (bound !== undefined) return bound
  }
  throw new HeddleError({
    code: 'HEDDLE_API_PORT',
    message: `no port from ${wanted} to ${wanted + portsToTry - 1} on ${address} is free for the API`,
    origin: 'user',
    hint: 'End what listens there, or let the system choose: `heddle up --ports auto`.',
  })
}

function tryListen(server: Server, port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(undefined)
      else reject(error)
    }
    server.once('error', onError)
    server.listen(port, address, () => {
      server.off('error', onError)
      resolve((server.address() as AddressInfo).port)
    })
  })
}

async function answer(exchange: Exchange, options: ApiServerOptions, services: ApiServices): Promise<void> {
  if (isHealthPath(exchange.path)) return sendText(exchange.response, 'ok')
  const caller = await authenticate(exchange.request.headers.authorization, options.keys.adminToken, services.tokens)
  if (!caller) throw unauthorized()
  const { catalog } = services.registry
  if (await answerMeta(exchange, options, services)) return
  const target = parseTarget(exchange.path, catalog)
  if (!target) throw pathNotFound()
  checkRights(caller, target, exchange.method)
  await handleResource(exchange, target, { ...services, mayUseResources: mayUseResources(caller) })
}

/** kubectl asks for SPDY or WebSocket streams; a `Status` is what it can print. @throws always. */
async function refuseUpgrade(request: IncomingMessage, { keys }: ApiServerOptions, { tokens }: ApiServices): Promise<never> {
  const caller = await authenticate(request.headers.authorization, keys.adminToken, tokens)
  if (!caller) throw unauthorized()
  const command = /\/(exec|attach|portforward)(?:\?|$)/.exec(request.url ?? '')?.[1]
  const instead = command === 'exec' ? 'use `heddle exec`' : command === 'attach' ? 'use `heddle logs -f`' : "dial the Pod's address"
  throw failure(
    501,
    'NotImplemented',
    `the local platform does not speak the streaming protocols of kubectl${command === undefined ? '' : ` ${command}`}; ${instead}`,
  )
}

function isHealthPath(path: string): boolean {
  return path === '/healthz' || path === '/livez' || path === '/readyz'
}

/** Discovery and the other documents about the API itself; false when the path is none of them. */
async function answerMeta(exchange: Exchange, { version }: ApiServerOptions, { registry, tokens }: ApiServices): Promise<boolean> {
  const { catalog } = registry
  const path = exchange.path.replace(/(?<=.)\/$/, '')
  const document = path === '/openid/v1/jwks' ? await tokens.keys() : metaDocument(path, exchange, catalog, version, tokens.issuer)
  if (document === undefined) return false
  if (exchange.method !== 'GET') throw methodNotAllowed(`${exchange.method} ${path}`)
  if (document === 'answered') return true
  sendJson(exchange.response, 200, document)
  return true
}

function metaDocument(
  path: string,
  exchange: Exchange,
  catalog: ApiServices['registry']['catalog'],
  version: string,
  issuer: string,
): object | 'answered' | undefined {
  switch (path) {
    case '/version':
      return serverVersion(version)
    case '/api':
    case '/apis':
      return discoveryRoot(exchange, catalog, path === '/api')
    case '/openapi/v2':
      return sendOpenApiV2(exchange.response, version)
    case '/openapi/v3':
      return openApiV3Index(catalog)
    case '/.well-known/openid-configuration':
      return {
        issuer,
        jwks_uri: `${issuer}/openid/v1/jwks`,
        response_types_supported: ['id_token'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['ES256'],
      }
    case '/':
      return { paths: ['/api', '/apis', '/healthz', '/livez', '/openapi/v2', '/openapi/v3', '/openid/v1/jwks', '/readyz', '/version'] }
    default:
      return groupDocument(path, catalog)
  }
}

function groupDocument(path: string, catalog: ApiServices['registry']['catalog']): object | undefined {
  const parts = path.split('/').slice(1)
  if (parts[0] === 'openapi' && parts[1] === 'v3') return openApiV3Document(catalog, parts.slice(2).join('/'))
  if (parts[0] === 'api' && parts.length === 2) return resourceList(catalog, '', parts[1] as string)
  if (parts[0] === 'apis' && parts.length === 2) return oneGroup(catalog, parts[1] as string)
  if (parts[0] === 'apis' && parts.length === 3) return resourceList(catalog, parts[1] as string, parts[2] as string)
  return undefined
}

function discoveryRoot({ accept, response }: Exchange, catalog: ApiServices['registry']['catalog'], isCore: boolean): object | 'answered' {
  const version = aggregatedVersion(accept)
  if (version === undefined) return isCore ? coreVersions() : groupList(catalog)
  const contentType = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`
  sendJson(response, 200, aggregatedDiscovery(catalog, isCore, version), contentType)
  return 'answered'
}

function sendOpenApiV2(response: ServerResponse, version: string): 'answered' {
  const body = openApiV2Document('Heddle', version)
  response.writeHead(200, { 'content-type': openApiV2ContentType, 'content-length': body.length })
  response.end(body)
  return 'answered'
}

function sendText(response: ServerResponse, text: string): void {
  response.writeHead(200, { 'content-type': 'text/plain', 'content-length': Buffer.byteLength(text) })
  response.end(text)
}

const verbs: Readonly<Record<string, string>> = { GET: 'get', POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' }

function checkRights(caller: Caller, { kind, namespace, name }: RequestTarget, method: string): void {
  if (mayUseResources(caller) || kind.isReview) return
  const verb = method === 'GET' && name === undefined ? 'list' : (verbs[method] ?? method.toLowerCase())
  const scope = namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`
  const named = name === undefined ? '' : ` "${name}"`
  const message = `${qualifiedName(kind)}${named} is forbidden: User "${callerName(caller)}" cannot ${verb} resource "${kind.plural}" in API group "${kind.group}" ${scope}`
  throw failure(403, 'Forbidden', message, {
    kind: kind.plural,
    ...(name !== undefined && { name }),
    ...(kind.group !== '' && { group: kind.group }),
  })
}
