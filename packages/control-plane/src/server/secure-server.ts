/** 15012: discovery, certificates, tokens and access logs over TLS. */
import { Server, type ServerOptions } from '@grpc/grpc-js'
import { HeddleError } from '@heddle/base'
import { adsDeltaMethod, createCertificateMethod, createTokenMethod, streamAccessLogsMethod } from '@heddle/xds'
import { accessLogHandler, type AccessLogServiceOptions } from './access-log-service.js'
import { certificateHandler, type CertificateHandlerOptions } from './certificate-service.js'
import { discoveryHandler, type DiscoveryServiceOptions } from './discovery-service.js'
import { tokenHandler } from './token-service.js'
import { createServerCredentials, type RenewableCredentials, type ServerIdentity } from './server-credentials.js'

export interface SecureServices {
  readonly discovery: DiscoveryServiceOptions
  readonly certificates: CertificateHandlerOptions
  readonly accessLogs: AccessLogServiceOptions
}

export interface SecureServer {
  readonly port: number
  /** Shows a new certificate to new connections. */
  renew(identity: ServerIdentity): void
  /** Cuts every stream: proxies serve on from what they have and come back by themselves. */
  close(): Promise<void>
}

/**
 * Half-open connections are found within 50 s; an idle one without streams ends after 5 min. What came of a connection is read in one go,
 * so the fewer streams it may have, the shorter the pauses in a flood; nobody needs more than a few at a time.
 */
const serverOptions: ServerOptions = {
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 20_000,
  'grpc.max_connection_idle_ms': 300_000,
  'grpc.max_concurrent_streams': 100,
  'grpc.max_receive_message_length': 4 * 1024 * 1024,
}

/** @throws HEDDLE_CONTROL_PLANE_LISTEN */
export async function serveSecureGrpc(
  address: string,
  port: number,
  identity: ServerIdentity,
  services: SecureServices,
): Promise<SecureServer> {
  const server = new Server(serverOptions)
  server.addService({ DeltaAggregatedResources: adsDeltaMethod }, { DeltaAggregatedResources: discoveryHandler(services.discovery) })
  server.addService({ CreateCertificate: createCertificateMethod }, { CreateCertificate: certificateHandler(services.certificates) })
  server.addService({ CreateToken: createTokenMethod }, { CreateToken: tokenHandler(services.certificates) })
  server.addService({ StreamAccessLogs: streamAccessLogsMethod }, { StreamAccessLogs: accessLogHandler(services.accessLogs) })
  const credentials = createServerCredentials(identity)
  const bound = await bind(server, address, port, credentials)
  return {
    port: bound,
    renew: (next) => credentials.replace(next),
    close: () =>
      new Promise((resolve) => {
        server.tryShutdown(() => resolve())
        server.forceShutdown()
      }),
  }
}

function bind(server: Server, address: string, port: number, { credentials }: RenewableCredentials): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(`${address}:${port}`, credentials, (cause, actual) => {
      if (!cause) resolve(actual)
      else
        reject(
          new HeddleError({
            code: 'HEDDLE_CONTROL_PLANE_LISTEN',
            message: `${address}:${port} cannot be bound for discovery: ${cause.message}`,
            hint: 'Find what holds the port, or choose another with --secureGRPCAddr.',
            cause,
          }),
        )
    })
  })
}
