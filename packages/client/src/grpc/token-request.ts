/** `heddle.ca.v1.TokenService/CreateToken` as a client: JWT-SVIDs from the authority. */
import type { Client, ServiceError } from '@grpc/grpc-js'
import { HeddleError } from '@heddle/base'
import { createTokenMethod, type TokenResponse } from '@heddle/xds'
import { type ClientCertificate, type ControlPlaneAddress, createControlPlaneChannel, tokenMetadata } from './channel.js'

export interface JwtSvidCall {
  /** Whom the token is for: at least one. */
  readonly audiences: readonly string[]
  /** Default: the authority's, 5 minutes. */
  readonly ttlSeconds?: number
  /** A service account's, for a caller without a certificate. */
  readonly token?: string
}

/** @throws HEDDLE_IDENTITY_REFUSED, whose cause is gRPC's error */
export function createJwtSvid(channel: Client, { token, ...request }: JwtSvidCall): Promise<TokenResponse> {
  const { path, requestSerialize, responseDeserialize } = createTokenMethod
  return new Promise((resolve, reject) => {
    const onAnswer = (error: ServiceError | null, answer?: TokenResponse): void => {
      if (answer) resolve(answer)
      else reject(refused(error))
    }
    channel.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, tokenMetadata(token), onAnswer)
  })
}

export interface JwtSvidRequest extends ControlPlaneAddress, JwtSvidCall {
  /** Proves the caller. Default: its token does. */
  readonly certificate?: ClientCertificate
}

/** A JWT-SVID for whomever the certificate or the token speaks for. @throws HEDDLE_IDENTITY_REFUSED */
export async function requestJwtSvid({ address, serverName, rootsPem, certificate, ...call }: JwtSvidRequest): Promise<TokenResponse> {
  const channel = createControlPlaneChannel({ address, serverName, rootsPem }, certificate)
  try {
    return await createJwtSvid(channel, call)
  } finally {
    channel.close()
  }
}

function refused(error: ServiceError | null): HeddleError {
  return new HeddleError({
    code: 'HEDDLE_IDENTITY_REFUSED',
    message: `the control plane gave no token: ${error?.details ?? 'no answer'}`,
    retryable: true,
    origin: 'upstream',
    cause: error,
  })
}
