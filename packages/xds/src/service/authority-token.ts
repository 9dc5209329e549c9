/** `heddle.ca.v1.TokenService`: JWT-SVIDs from the authority, for whom the caller proves to be. */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { CreateTokenRequestSchema, CreateTokenResponseSchema } from '../gen/heddle/ca/v1/tokens_pb.js'
import type { GrpcMethod } from './grpc-method.js'

export interface TokenRequest {
  readonly audiences: readonly string[]
  /** Absent: the authority's default. */
  readonly ttlSeconds?: number
}

export interface TokenResponse {
  /** A secret. */
  readonly token: string
  readonly spiffeId: string
  /** Milliseconds since the Unix epoch. */
  readonly notAfterMs: number
}

export const createTokenMethod: GrpcMethod<TokenRequest, TokenResponse> = {
  path: '/heddle.ca.v1.TokenService/CreateToken',
  requestStream: false,
  responseStream: false,
  requestSerialize: ({ audiences, ttlSeconds = 0 }) => {
    const message = create(CreateTokenRequestSchema, { audiences: [...audiences], ttlSeconds: BigInt(Math.trunc(ttlSeconds)) })
    return Buffer.from(toBinary(CreateTokenRequestSchema, message))
  },
  requestDeserialize: (bytes) => {
    const { audiences, ttlSeconds } = fromBinary(CreateTokenRequestSchema, bytes)
    return ttlSeconds > 0n ? { audiences, ttlSeconds: Number(ttlSeconds) } : { audiences }
  },
  responseSerialize: ({ token, spiffeId, notAfterMs }) => {
    const message = create(CreateTokenResponseSchema, { token, spiffeId, notAfterMs: BigInt(notAfterMs) })
    return Buffer.from(toBinary(CreateTokenResponseSchema, message))
  },
  responseDeserialize: (bytes) => {
    const { token, spiffeId, notAfterMs } = fromBinary(CreateTokenResponseSchema, bytes)
    return { token, spiffeId, notAfterMs: Number(notAfterMs) }
  },
}
