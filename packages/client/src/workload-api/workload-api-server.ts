/**
 * Serves the SPIFFE Workload API on a Unix socket, so that an application of the Pod can hold the workload's own certificate, roots and
 * tokens. Whoever may open the socket is the workload: its folder is 0700. Without an authority to ask, tokens are UNIMPLEMENTED.
 */
import { chmodSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { Server, ServerCredentials } from '@grpc/grpc-js'
import { type Clock, HeddleError, type Logger } from '@heddle/base'
import { makeFolder, systemClock } from '@heddle/base/node'
import { parseCertificatePem, parseCrlPem, parsePem } from '@heddle/x509'
import {
  fetchJwtBundlesMethod,
  fetchJwtSvidMethod,
  fetchX509BundlesMethod,
  fetchX509SvidMethod,
  type JwtSvidRequest,
  type TokenToValidate,
  validateJwtSvidMethod,
  type WorkloadBundles,
  type WorkloadRoots,
  type WorkloadSvids,
} from '@heddle/xds'
import type { IdentitySource } from '../identity/identity-source.js'
import { streamOf, unaryOf } from './workload-call.js'
import { fetchTokens, tokenBundlesOf, type TokenSource, validateToken } from './workload-tokens.js'

export interface WorkloadApiServerOptions {
  /** The socket; what stands there is replaced. */
  readonly path: string
  readonly identity: Pick<IdentitySource, 'current' | 'subscribe'> & Partial<Pick<IdentitySource, 'trusted'>>
  /** Revocation lists that chains are held to, in PEM; `identity` tells of their changes. Default: none. */
  readonly crlPem?: () => string | undefined
  /** Asks the authority for a token of this workload. Default: there are none. */
  readonly requestToken?: TokenSource['request']
  readonly spiffeId: string
  readonly trustDomain: string
}

export interface WorkloadApiServer {
  close(): void
}

/** A socket's name has room for so many bytes (sun_path), its end included. */
const maxPathBytes = 107
const maxStreams = 1000

/** @throws HEDDLE_WORKLOAD_API_LISTEN */
export async function serveWorkloadApi(
  options: WorkloadApiServerOptions,
  { logger, clock = systemClock }: { readonly logger: Logger; readonly clock?: Clock },
): Promise<WorkloadApiServer> {
  const { path, identity, spiffeId, requestToken } = options
  if (Buffer.byteLength(path) > maxPathBytes) throw cannotListen(path, new Error(`its name has more than ${maxPathBytes} bytes`))
  const server = new Server({ 'grpc.max_concurrent_streams': maxStreams })
  server.addService(
    { FetchX509SVID: fetchX509SvidMethod, FetchX509Bundles: fetchX509BundlesMethod },
    {
      FetchX509SVID: streamOf(identity, () => svidsOf(options)),
      FetchX509Bundles: streamOf(identity, () => bundlesOf(options)),
    },
  )
  if (requestToken) addTokens(server, identity, { spiffeId, request: requestToken, trusted: () => identity.trusted, clock })
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

function addTokens(server: Server, identity: Pick<IdentitySource, 'subscribe'>, source: TokenSource): void {
  server.addService(
    { FetchJWTSVID: fetchJwtSvidMethod, FetchJWTBundles: fetchJwtBundlesMethod, ValidateJWTSVID: validateJwtSvidMethod },
    {
      FetchJWTSVID: unaryOf((request: JwtSvidRequest) => fetchTokens(source, request)),
      FetchJWTBundles: streamOf(identity, () => tokenBundlesOf(source.trusted())),
      ValidateJWTSVID: unaryOf((request: TokenToValidate) => validateToken(source, request)),
    },
  )
}

function svidsOf({ identity, spiffeId, crlPem }: WorkloadApiServerOptions): WorkloadSvids | undefined {
  const { current } = identity
  if (!current) return undefined
  const key = parsePem(current.privateKeyPem)
  const privateKey = key.ok ? key.blocks[0]?.der : undefined
  if (!privateKey) return undefined
  return {
    svids: [{ spiffeId, chain: dersOf(current.chainPem), privateKey, bundle: dersOf(current.rootsPem) }],
    crls: crlsOf(crlPem?.()),
    federatedBundles: federatedOf(identity),
  }
}

function bundlesOf({ identity, trustDomain, crlPem }: WorkloadApiServerOptions): WorkloadRoots | undefined {
  if (!identity.current) return undefined
  const bundles = { [`spiffe://${trustDomain}`]: dersOf(identity.current.rootsPem), ...federatedOf(identity) }
  return { bundles, crls: crlsOf(crlPem?.()) }
}

function crlsOf(pem: string = ''): readonly Uint8Array[] {
  const lists = parseCrlPem(pem)
  return lists.ok ? lists.crls.map(({ der }) => der) : []
}

function federatedOf({ trusted }: WorkloadApiServerOptions['identity']): WorkloadBundles {
  const federated = trusted?.federated ?? []
  return Object.fromEntries(federated.map(({ trustDomain, rootsPem }) => [`spiffe://${trustDomain}`, dersOf(rootsPem)]))
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
