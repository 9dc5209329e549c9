/**
 * Serves the X.509 half of the SPIFFE Workload API on a Unix socket, so that an application of the Pod can hold the workload's own
 * certificate and roots. Whoever may open the socket is the workload: its folder is 0700. Tokens are not served (UNIMPLEMENTED).
 */
import { chmodSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Metadata, Server, ServerCredentials, type ServerWritableStream, status } from '@grpc/grpc-js'
import { HeddleError, type Logger } from '@heddle/base'
import { makeFolder } from '@heddle/base/node'
import { parseCertificatePem, parsePem } from '@heddle/x509'
import { fetchX509BundlesMethod, fetchX509SvidMethod, type WorkloadBundles, type WorkloadSvids } from '@heddle/xds'
import type { IdentitySource } from '../identity/identity-source.js'

export interface WorkloadApiServerOptions {
  /** The socket; what stands there is replaced. */
  readonly path: string
  readonly identity: Pick<IdentitySource, 'current' | 'subscribe'>
  readonly spiffeId: string
  readonly trustDomain: string
}

export interface WorkloadApiServer {
  close(): void
}

/** A socket's name has room for so many bytes (sun_path), its end included. */
const maxPathBytes = 107
const maxStreams = 1000
/** Without it a browser or a proxy that was tricked could ask. */
const requiredHeader = 'workload.spiffe.io'

/** @throws HEDDLE_WORKLOAD_API_LISTEN */
export async function serveWorkloadApi(
  options: WorkloadApiServerOptions,
  { logger }: { readonly logger: Logger },
): Promise<WorkloadApiServer> {
  const { path } = options
  if (Buffer.byteLength(path) > maxPathBytes) throw cannotListen(path, new Error(`its name has more than ${maxPathBytes} bytes`))
  const server = new Server({ 'grpc.max_concurrent_streams': maxStreams })
  server.addService(
    { FetchX509SVID: fetchX509SvidMethod, FetchX509Bundles: fetchX509BundlesMethod },
    {
      FetchX509SVID: streamOf(options, () => svidsOf(options)),
      FetchX509Bundles: streamOf(options, () => bundlesOf(options)),
    },
  )
  try {
    makeFolder(dirname(path))
    rmSync(path, { force: true })
    await new Promise<void>((resolve, reject) => {
      server.bindAsync(`unix:${path}`, ServerCredentials.createInsecure(), (error) => (error ? reject(error) : resolve()))
    })
    chmodSync(path, 0o600)
  } catch (cause) {
    server.forceShutdown()
    throw cannotListen(path, cause)
  }
  logger.info('the Workload API serves', { socket: path })
  return { close: () => server.forceShutdown() }
}

/** The first message at once, or as soon as there is a certificate; each is complete. */
function streamOf<Message>({ identity }: WorkloadApiServerOptions, read: () => Message | undefined) {
  return (call: ServerWritableStream<object, Message>): void => {
    if (!isAsked(call.metadata)) {
      call.emit('error', { code: status.INVALID_ARGUMENT, details: `the metadata "${requiredHeader}: true" is missing` })
      return
    }
    let isPending = false
    const send = (): void => {
      isPending = false
      const message = read()
      if (message !== undefined && !call.cancelled) call.write(message)
    }
    // A renewal changes the certificate and the roots in one turn: that is one message.
    const stop = identity.subscribe(() => {
      if (isPending) return
      isPending = true
      queueMicrotask(send)
    })
    for (const event of ['cancelled', 'error', 'close'] as const) call.on(event, stop)
    send()
  }
}

function isAsked(metadata: Metadata): boolean {
  return metadata.get(requiredHeader).join() === 'true'
}

function svidsOf({ identity, spiffeId }: WorkloadApiServerOptions): WorkloadSvids | undefined {
  const { current } = identity
  if (!current) return undefined
  const key = parsePem(current.privateKeyPem)
  const privateKey = key.ok ? key.blocks[0]?.der : undefined
  if (!privateKey) return undefined
  return { svids: [{ spiffeId, chain: dersOf(current.chainPem), privateKey, bundle: dersOf(current.rootsPem) }], federatedBundles: {} }
}

function bundlesOf({ identity, trustDomain }: WorkloadApiServerOptions): WorkloadBundles | undefined {
  return identity.current && { [`spiffe://${trustDomain}`]: dersOf(identity.current.rootsPem) }
}

function dersOf(pem: string): Uint8Array {
  const certificates = parseCertificatePem(pem)
  return certificates.ok ? Buffer.concat(certificates.ders) : Buffer.alloc(0)
}

function cannotListen(path: string, cause: unknown): HeddleError {
  return new HeddleError({
    code: 'HEDDLE_WORKLOAD_API_LISTEN',
    message: `the Workload API cannot listen on ${path}: ${cause instanceof Error ? cause.message : String(cause)}`,
    cause,
  })
}
