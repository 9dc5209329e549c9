export type { AccessLogEntry, HttpLogEntry, TcpLogEntry, TlsLogFields } from './service/access-log-entry.js'
export { decodeAccessLogBatch, encodeAccessLogBatch, type AccessLogBatch } from './service/access-log-stream.js'
export { toJson } from './message/canonical-json.js'
export {
  decodeCertificateRequest,
  decodeCertificateResponse,
  encodeCertificateRequest,
  encodeCertificateResponse,
  type CertificateRequest,
  type CertificateResponse,
} from './service/certificate.js'
export {
  decode,
  decodeCluster,
  decodeEndpoints,
  decodeListener,
  decodeRouteConfiguration,
  type Decoded,
  type DecodedConfig,
  type DecodeIssue,
} from './decode.js'
export type { IssueLevel } from './decoding.js'
export {
  decodeDeltaRequest,
  decodeDeltaResponse,
  encodeDeltaRequest,
  encodeDeltaResponse,
  type DeltaRequest,
  type DeltaResource,
  type DeltaResponse,
} from './service/discovery.js'
export { encode, encodeCluster, encodeEndpoints, encodeListener, encodeRouteConfiguration } from './encode.js'
export { adsDeltaMethod, createCertificateMethod, streamAccessLogsMethod, type GrpcMethod } from './service/grpc-method.js'
export { createTokenMethod, type TokenRequest, type TokenResponse } from './service/authority-token.js'
export {
  fetchJwtBundlesMethod,
  fetchJwtSvidMethod,
  type JwtSvidRequest,
  type TokenToValidate,
  type ValidatedToken,
  validateJwtSvidMethod,
  type WorkloadToken,
  type WorkloadTokens,
} from './service/workload-tokens.js'
export {
  fetchX509BundlesMethod,
  fetchX509SvidMethod,
  type WorkloadBundles,
  type WorkloadRoots,
  type WorkloadSvid,
  type WorkloadSvids,
} from './service/workload-api.js'
export {
  decodeDenials,
  decodeTrust,
  encodeDenials,
  encodeTrust,
  trustTypeUrls,
  type FederatedTrust,
  type PushedDenials,
  type PushedRoot,
  type PushedTrust,
} from './service/mesh-trust.js'
export { decodeNameTable, encodeNameTable, type NameEntry, type NameTable } from './service/name-table.js'
export type { XdsNode } from './service/node.js'
export { createResource, type Profile, type XdsResource, type XdsResources } from './resource.js'
export { decodeSecret, encodeSecret } from './secret.js'
export { typeUrls } from './type-url.js'
