/** The gRPC services of 15012 on plain handlers: discovery, certificates, access logs. */
import {
  type sendUnaryData,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerUnaryCall,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js'
import { formatWorkloadId, type Logger, messageOf } from '@heddle/base'
import type { Authenticator, Caller, CertificateService } from '@heddle/ca'
import { parseNode, type ProxyNode } from '@heddle/translation'
import {
  type AccessLogBatch,
  type CertificateRequest,
  type CertificateResponse,
  type DeltaRequest,
  encodeDeltaResponse,
  type XdsNode,
} from '@heddle/xds'
import type { Discovery, ProxyConnection } from '../push/discovery.js'
import type { AccessRecord } from '../telemetry/access-store.js'
import { authenticateCall, credentialsOf } from './call-credentials.js'

export interface GrpcServices {
  readonly discovery: Discovery
  readonly certificates: CertificateService
  readonly authenticators: readonly Authenticator[]
  readonly onAccessRecord: (record: AccessRecord) => void
  readonly onCertificate: (issued: boolean) => void
  readonly logger: Logger
}

type DiscoveryCall = ServerDuplexStream<DeltaRequest, Uint8Array>

/** Handles one proxy's stream from its first request to its end. */
export function discoveryHandler({ discovery, authenticators, logger }: GrpcServices): (call: DiscoveryCall) => void {
  return (call) => {
    let connection: ProxyConnection | undefined
    let isRefused = false
    const refuse = (code: status, details: string): void => {
      isRefused = true
      logger.warn('a discovery stream was refused', { peer: call.getPeer(), details })
      call.emit('error', { code, details })
    }
    const authenticated = authenticateCall(authenticators, call)
    const onFirst = async (request: DeltaRequest): Promise<void> => {
      const caller = await authenticated
      if (!caller) return refuse(status.UNAUTHENTICATED, 'show a service account token or a certificate of the mesh')
      const result = identify(request.node, caller)
      if ('refused' in result) return refuse(result.code, result.refused)
      connection = discovery.connect(result.node, (typeUrl, response) => call.write(encodeDeltaResponse({ typeUrl, ...response })))
      logger.info('a proxy connected', { proxy: result.node.id })
      connection.stream.receive(request.typeUrl, request)
    }
    // Requests that come while the caller is being authenticated wait for the first one's turn.
    let previous: Promise<void> = Promise.resolve()
    call.on('data', (request: DeltaRequest) => {
      if (connection) return connection.stream.receive(request.typeUrl, request)
      previous = previous
        .then(() => {
          if (isRefused) return undefined
          return connection ? connection.stream.receive(request.typeUrl, request) : onFirst(request)
        })
        .catch((error: unknown) => refuse(status.INTERNAL, messageOf(error)))
    })
    const close = (): void => {
      connection?.close()
      connection = undefined
    }
    call.on('end', () => {
      close()
      call.end()
    })
    call.on('cancelled', close)
    call.on('error', close)
  }
}

/** A proxy may only ask for the configuration of the identity it proved. */
function identify(
  node: XdsNode | undefined,
  caller: Caller,
): { readonly node: ProxyNode } | { readonly refused: string; readonly code: status } {
  if (!node) return { refused: 'the first request of a stream must name its node', code: status.INVALID_ARGUMENT }
  const result = parseNode(node)
  if (!result.ok) return { refused: result.reason, code: status.INVALID_ARGUMENT }
  if (result.node.namespace === caller.namespace && result.node.serviceAccount === caller.serviceAccount) return { node: result.node }
  return {
    refused: `the node is of ${result.node.namespace}/${result.node.serviceAccount}, the caller is ${formatWorkloadId(caller)}`,
    code: status.PERMISSION_DENIED,
  }
}

export function certificateHandler({ certificates, onCertificate }: GrpcServices) {
  return async (
    call: ServerUnaryCall<CertificateRequest, CertificateResponse>,
    callback: sendUnaryData<CertificateResponse>,
  ): Promise<void> => {
    const result = await certificates.createCertificate(call.request, credentialsOf(call))
    onCertificate(result.ok)
    if (result.ok) callback(null, { certificateChain: result.certChain })
    else callback({ code: status[result.status], details: result.message })
  }
}

export function accessLogHandler({ authenticators, onAccessRecord }: GrpcServices) {
  return (call: ServerReadableStream<AccessLogBatch, object>, callback: sendUnaryData<object>): void => {
    const authenticated = authenticateCall(authenticators, call)
    let sender = 'unknown'
    call.on('data', (batch: AccessLogBatch) => {
      sender = batch.sender?.node.id ?? sender
      void authenticated.then((caller) => {
        if (caller) for (const entry of batch.entries) onAccessRecord({ proxy: sender, entry })
        else call.emit('error', { code: status.UNAUTHENTICATED, details: 'show a service account token or a certificate of the mesh' })
      })
    })
    call.on('end', () => callback(null, {}))
    call.on('error', () => {})
  }
}

export type Handlers = UntypedServiceImplementation
