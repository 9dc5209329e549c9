/** `istio.v1.auth.IstioCertificateService/CreateCertificate` on the authority's own handler. */
import { Metadata, type handleUnaryCall, type sendUnaryData, type ServerUnaryCall, status } from '@grpc/grpc-js'
import type { CertificateService } from '@heddle/ca'
import type { CertificateRequest, CertificateResponse } from '@heddle/xds'
import { credentialsOf } from './call-credentials.js'

type CertificateCall = ServerUnaryCall<CertificateRequest, CertificateResponse>

export interface CertificateHandlerOptions {
  /** Never rejects: every failure is a status. */
  readonly certificates: CertificateService
}

export function certificateHandler({ certificates }: CertificateHandlerOptions): handleUnaryCall<CertificateRequest, CertificateResponse> {
  const answer = async (call: CertificateCall, callback: sendUnaryData<CertificateResponse>): Promise<void> => {
    const result = await certificates.createCertificate(call.request, credentialsOf(call))
    if (result.ok) callback(null, { certificateChain: result.certChain })
    else callback({ code: status[result.status], details: result.message, metadata: retryHint(result.retryAfterMs) })
  }
  return (call, callback) => void answer(call, callback)
}

/** gRPC's own way to say when a retry is welcome (gRFC A6). */
export function retryHint(retryAfterMs: number | undefined): Metadata {
  const metadata = new Metadata()
  if (retryAfterMs !== undefined) metadata.set('grpc-retry-pushback-ms', String(retryAfterMs))
  return metadata
}
