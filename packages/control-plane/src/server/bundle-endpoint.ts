/**
 * The mesh's trust bundle for other trust domains (SPIFFE Federation, section 5): a JSON Web Key Set over HTTPS. It shows istiod's own
 * SPIFFE certificate (`https_spiffe`), or one of the web's authorities where one is given (`https_web`). What it serves is no secret.
 */
import { constants } from 'node:crypto'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { HeddleError } from '@heddle/base'

export interface EndpointIdentity {
  readonly certificateChainPem: string
  readonly privateKeyPem: string
}

export interface BundleEndpoint {
  readonly port: number
  /** Shows another certificate to new connections. */
  renew(identity: EndpointIdentity): void
  close(): Promise<void>
}

const maxEndpointConnections = 256
const requestTimeoutMs = 10_000

/** @param document as it is now. @throws HEDDLE_CONTROL_PLANE_LISTEN */
export async function serveBundleEndpoint(
  address: string,
  port: number,
  identity: EndpointIdentity,
  document: () => string,
): Promise<BundleEndpoint> {
  const limits = { headersTimeout: requestTimeoutMs, requestTimeout: requestTimeoutMs, handshakeTimeout: requestTimeoutMs }
  const server = createServer({ ...contextOf(identity), ...limits }, ({ method, url }, response) => {
    const isAsked = (method === 'GET' || method === 'HEAD') && url === '/'
    const body = isAsked ? document() : 'the bundle is at /, by GET\n'
    response.writeHead(isAsked ? 200 : 404, {
      'content-type': isAsked ? 'application/json' : 'text/plain; charset=utf-8',
      'content-length': Buffer.byteLength(body),
    })
    response.end(method === 'HEAD' ? undefined : body)
  })
  server.maxConnections = maxEndpointConnections
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(cannotListen(address, port, cause)))
    server.listen(port, address, () => resolve())
  })
  return {
    port: (server.address() as AddressInfo).port,
    renew: (next) => server.setSecureContext(contextOf(next)),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function contextOf({ certificateChainPem, privateKeyPem }: EndpointIdentity) {
  return { cert: certificateChainPem, key: privateKeyPem, minVersion: 'TLSv1.2', secureOptions: constants.SSL_OP_NO_TICKET } as const
}

function cannotListen(address: string, port: number, cause: Error): HeddleError {
  return new HeddleError({
    code: 'HEDDLE_CONTROL_PLANE_LISTEN',
    message: `${address}:${port} cannot be bound for the trust bundle: ${cause.message}`,
    hint: 'Find what holds the port, or choose another with --bundleAddr.',
    cause,
  })
}
