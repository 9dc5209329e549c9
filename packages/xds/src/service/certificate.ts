/** Messages of Istio's certificate service (istio.v1.auth). */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { IstioCertificateRequestSchema, IstioCertificateResponseSchema } from '../gen/istio/v1/auth/ca_pb.js'
import { compact } from '../message/json-object.js'
import { toStruct } from './node.js'

export interface CertificateRequest {
  /** PEM. */
  readonly csr: string
  /** Absent: the authority's default. */
  readonly validityDurationSeconds?: number
  readonly metadata?: Readonly<Record<string, unknown>>
}

export interface CertificateResponse {
  /** PEM, leaf first, root last. */
  readonly certificateChain: readonly string[]
}

export function encodeCertificateRequest(request: CertificateRequest): Uint8Array {
  const message = create(IstioCertificateRequestSchema, {
    csr: request.csr,
    validityDuration: BigInt(Math.trunc(request.validityDurationSeconds ?? 0)),
    ...(request.metadata === undefined ? {} : { metadata: toStruct(request.metadata) }),
  })
  return toBinary(IstioCertificateRequestSchema, message)
}

/** @throws when the bytes are no such message. */
export function decodeCertificateRequest(bytes: Uint8Array): CertificateRequest {
  const { csr, validityDuration, metadata } = fromBinary(IstioCertificateRequestSchema, bytes)
  const validityDurationSeconds = validityDuration === 0n ? undefined : Number(validityDuration)
  return compact<CertificateRequest>({ csr, validityDurationSeconds, metadata })
}

export function encodeCertificateResponse(response: CertificateResponse): Uint8Array {
  return toBinary(IstioCertificateResponseSchema, create(IstioCertificateResponseSchema, { certChain: [...response.certificateChain] }))
}

/** @throws when the bytes are no such message. */
export function decodeCertificateResponse(bytes: Uint8Array): CertificateResponse {
  return { certificateChain: fromBinary(IstioCertificateResponseSchema, bytes).certChain }
}
