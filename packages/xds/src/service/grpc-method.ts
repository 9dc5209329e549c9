/**
 * The gRPC methods of the mesh as plain method definitions, in the shape that @grpc/grpc-js takes for servers and clients; this package does not
 * need it. What is sent and what is received may differ in type: a discovery response is sent as bytes that were encoded before.
 */
import { decodeAccessLogBatch, encodeAccessLogBatch, type AccessLogBatch } from './access-log-stream.js'
import {
  decodeCertificateRequest,
  decodeCertificateResponse,
  encodeCertificateRequest,
  encodeCertificateResponse,
  type CertificateRequest,
  type CertificateResponse,
} from './certificate.js'
import { decodeDeltaRequest, decodeDeltaResponse, encodeDeltaRequest, type DeltaRequest, type DeltaResponse } from './discovery.js'

export interface GrpcMethod<Request, SentResponse, ReceivedResponse = SentResponse> {
  /** `/PACKAGE.SERVICE/METHOD`. */
  readonly path: string
  readonly requestStream: boolean
  readonly responseStream: boolean
  readonly requestSerialize: (request: Request) => Buffer
  readonly requestDeserialize: (bytes: Buffer) => Request
  readonly responseSerialize: (response: SentResponse) => Buffer
  readonly responseDeserialize: (bytes: Buffer) => ReceivedResponse
}

/** Incremental aggregated discovery. The server writes what `encodeDeltaResponse` made; the client reads a DeltaResponse. */
export const adsDeltaMethod: GrpcMethod<DeltaRequest, Uint8Array, DeltaResponse> = {
  path: '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources',
  requestStream: true,
  responseStream: true,
  requestSerialize: (request) => toBuffer(encodeDeltaRequest(request)),
  requestDeserialize: decodeDeltaRequest,
  responseSerialize: toBuffer,
  responseDeserialize: decodeDeltaResponse,
}

/** Istio's certificate service. */
export const createCertificateMethod: GrpcMethod<CertificateRequest, CertificateResponse> = {
  path: '/istio.v1.auth.IstioCertificateService/CreateCertificate',
  requestStream: false,
  responseStream: false,
  requestSerialize: (request) => toBuffer(encodeCertificateRequest(request)),
  requestDeserialize: decodeCertificateRequest,
  responseSerialize: (response) => toBuffer(encodeCertificateResponse(response)),
  responseDeserialize: decodeCertificateResponse,
}

/** Envoy's access log service: batches upstream, one empty answer at the end. */
export const streamAccessLogsMethod: GrpcMethod<AccessLogBatch, object> = {
  path: '/envoy.service.accesslog.v3.AccessLogService/StreamAccessLogs',
  requestStream: true,
  responseStream: false,
  requestSerialize: (batch) => toBuffer(encodeAccessLogBatch(batch)),
  requestDeserialize: decodeAccessLogBatch,
  responseSerialize: () => Buffer.alloc(0),
  responseDeserialize: () => ({}),
}

/** The same memory as a Buffer, which grpc-js asks for. */
function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
