/** The JWT half of the SPIFFE Workload API: messages and methods. */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import {
  JWTBundlesResponseSchema,
  JWTSVIDRequestSchema,
  JWTSVIDResponseSchema,
  ValidateJWTSVIDRequestSchema,
  ValidateJWTSVIDResponseSchema,
} from '../gen/spiffe/workload/workload_pb.js'
import type { GrpcMethod } from './grpc-method.js'
import { toStruct } from './node.js'
import type { WorkloadBundles } from './workload-api.js'

export interface JwtSvidRequest {
  readonly audiences: readonly string[]
  /** Empty: every id of the workload. */
  readonly spiffeId: string
}

export interface WorkloadToken {
  readonly spiffeId: string
  /** A secret. */
  readonly token: string
}

export interface WorkloadTokens {
  readonly svids: readonly WorkloadToken[]
}

export interface TokenToValidate {
  readonly audience: string
  readonly token: string
}

export interface ValidatedToken {
  readonly spiffeId: string
  readonly claims: Readonly<Record<string, unknown>>
}

export const fetchJwtSvidMethod: GrpcMethod<JwtSvidRequest, WorkloadTokens> = {
  path: '/SpiffeWorkloadAPI/FetchJWTSVID',
  requestStream: false,
  responseStream: false,
  requestSerialize: ({ audiences, spiffeId }) =>
    Buffer.from(toBinary(JWTSVIDRequestSchema, create(JWTSVIDRequestSchema, { audience: [...audiences], spiffeId }))),
  requestDeserialize: (bytes) => {
    const { audience, spiffeId } = fromBinary(JWTSVIDRequestSchema, bytes)
    return { audiences: audience, spiffeId }
  },
  responseSerialize: ({ svids }) =>
    Buffer.from(
      toBinary(
        JWTSVIDResponseSchema,
        create(JWTSVIDResponseSchema, { svids: svids.map(({ spiffeId, token }) => ({ spiffeId, svid: token })) }),
      ),
    ),
  responseDeserialize: (bytes) => ({
    svids: fromBinary(JWTSVIDResponseSchema, bytes).svids.map(({ spiffeId, svid }) => ({ spiffeId, token: svid })),
  }),
}

/** JSON Web Key Sets by trust domain id; a message each time something changes, complete each time. */
export const fetchJwtBundlesMethod: GrpcMethod<object, WorkloadBundles> = {
  path: '/SpiffeWorkloadAPI/FetchJWTBundles',
  requestStream: false,
  responseStream: true,
  requestSerialize: () => Buffer.alloc(0),
  requestDeserialize: () => ({}),
  responseSerialize: (bundles) => Buffer.from(toBinary(JWTBundlesResponseSchema, create(JWTBundlesResponseSchema, { bundles }))),
  responseDeserialize: (bytes) => fromBinary(JWTBundlesResponseSchema, bytes).bundles,
}

export const validateJwtSvidMethod: GrpcMethod<TokenToValidate, ValidatedToken> = {
  path: '/SpiffeWorkloadAPI/ValidateJWTSVID',
  requestStream: false,
  responseStream: false,
  requestSerialize: ({ audience, token }) =>
    Buffer.from(toBinary(ValidateJWTSVIDRequestSchema, create(ValidateJWTSVIDRequestSchema, { audience, svid: token }))),
  requestDeserialize: (bytes) => {
    const { audience, svid } = fromBinary(ValidateJWTSVIDRequestSchema, bytes)
    return { audience, token: svid }
  },
  responseSerialize: ({ spiffeId, claims }) =>
    Buffer.from(toBinary(ValidateJWTSVIDResponseSchema, create(ValidateJWTSVIDResponseSchema, { spiffeId, claims: toStruct(claims) }))),
  responseDeserialize: (bytes) => {
    const { spiffeId, claims = {} } = fromBinary(ValidateJWTSVIDResponseSchema, bytes)
    return { spiffeId, claims }
  },
}
