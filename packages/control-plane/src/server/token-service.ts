/** `heddle.ca.v1.TokenService/CreateToken` on the authority's own handler. */
import { type handleUnaryCall, type sendUnaryData, type ServerUnaryCall, status } from '@grpc/grpc-js'
import type { TokenRequest, TokenResponse } from '@heddle/xds'
import { credentialsOf } from './call-credentials.js'
import { type CertificateHandlerOptions, retryHint } from './certificate-service.js'

type TokenCall = ServerUnaryCall<TokenRequest, TokenResponse>

export function tokenHandler({ certificates }: CertificateHandlerOptions): handleUnaryCall<TokenRequest, TokenResponse> {
  const answer = async (call: TokenCall, callback: sendUnaryData<TokenResponse>): Promise<void> => {
    const result = await certificates.createToken(call.request, credentialsOf(call))
    if (result.ok) callback(null, result)
    else callback({ code: status[result.status], details: result.message, metadata: retryHint(result.retryAfterMs) })
  }
  return (call, callback) => void answer(call, callback)
}
