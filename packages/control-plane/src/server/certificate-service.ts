/** `istio.v1.auth.IstioCertificateService/CreateCertificate` on the authority's own handler. */
import { type handleUnaryCall, type sendUnaryData, type ServerUnaryCall, status } from '@grpc/grpc-js'
import type { CertificateService } from '@heddle/ca'
import type { CertificateRequest, CertificateResponse } from '@heddle/xds'
import { credentialsOf } from './call-credentials.js'

type CertificateCall = ServerUnaryCall<CertificateRequest, CertificateResponse>

export interface CertificateHandlerOptions {
  /** Never rejects: every failure is a status. */
  readonly certificates: CertificateService
  readonly onAnswer: (isIssued: boolean) => void
}

export function certificateHandler({
  certificates,
  onAnswer,
}: CertificateHandlerOptions): handleUnaryCall<CertificateRequest, CertificateResponse> {
  const answer = async (call: CertificateCall, callback: sendUnaryData<CertificateResponse>): Promise<void> => {
    const result = await certificates.createCertificate(call.request, credentialsOf(call))
    onAnswer(result.ok)
    if (result.ok) callback(null, { certificateChain: result.certChain })
    else callback({ code: status[result.status], details: result.message })
  }
  return (call, callback) => void answer(call, callback)
}
