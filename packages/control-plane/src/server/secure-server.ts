/** 15012: discovery, certificates and access logs over TLS. */
import { Server } from '@grpc/grpc-js'
import { HeddleError } from '@heddle/base'
import { adsDeltaMethod, createCertificateMethod, streamAccessLogsMethod } from '@heddle/xds'
import { accessLogHandler, certificateHandler, discoveryHandler, type GrpcServices } from './grpc-services.js'
import { createServerCredentials, type ServerIdentity } from './server-credentials.js'

export interface SecureServer {
  readonly port: number
  /** Shows a new certificate to new connections. */
  renew(identity: ServerIdentity): void
  close(): Promise<void>
}

/** @throws HEDDLE_CONTROL_PLANE_LISTEN */
export async function serveSecureGrpc(
  address: string,
  port: number,
  identity: ServerIdentity,
  services: GrpcServices,
): Promise<SecureServer> {
  const server = new Server({
    'grpc.keepalive_time_ms': 30_000,
    'grpc.keepalive_timeout_ms': 20_000,
    'grpc.max_concurrent_streams': 100_000,
    'grpc.max_receive_message_length': 16 * 1024 * 1024,
  })
  server.addService({ DeltaAggregatedResources: adsDeltaMethod }, { DeltaAggregatedResources: discoveryHandler(services) })
  server.addService({ CreateCertificate: createCertificateMethod }, { CreateCertificate: certificateHandler(services) })
  server.addService({ StreamAccessLogs: streamAccessLogsMethod }, { StreamAccessLogs: accessLogHandler(services) })
  const { credentials, replace } = createServerCredentials(identity)
  const bound = await new Promise<number>((resolve, reject) => {
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
  return {
    port: bound,
    renew: replace,
    close: () =>
      new Promise((resolve) => {
        server.tryShutdown(() => resolve())
        server.forceShutdown()
      }),
  }
}
