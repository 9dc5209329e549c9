/** `istio.v1.auth.IstioCertificateService/CreateCertificate` as a client. */
import { type Client, type ServiceError } from '@grpc/grpc-js'
import { HeddleError } from '@heddle/base'
import { createCsr, encodePrivateKey, generateKey } from '@heddle/x509'
import { type CertificateResponse, createCertificateMethod } from '@heddle/xds'
import { type WorkloadCertificate, workloadCertificate } from '../identity/workload-certificate.js'
import { type ControlPlaneAddress, createControlPlaneChannel, tokenMetadata } from './channel.js'

export interface CertificateCall {
  readonly csrPem: string
  readonly ttlSeconds: number
  readonly token?: string
  readonly signal?: AbortSignal
}

/** @returns the chain, leaf first, roots last. @throws HEDDLE_IDENTITY_REFUSED */
export function createCertificate(channel: Client, call: CertificateCall): Promise<readonly string[]> {
  const { path, requestSerialize, responseDeserialize } = createCertificateMethod
  return new Promise((resolve, reject) => {
    const request = { csr: call.csrPem, validityDurationSeconds: call.ttlSeconds }
    const onAnswer = (error: ServiceError | null, response?: CertificateResponse): void => {
      call.signal?.removeEventListener('abort', cancel)
      if (response) resolve(response.certificateChain)
      else reject(refused(error))
    }
    const unary = channel.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, tokenMetadata(call.token), onAnswer)
    const cancel = (): void => unary.cancel()
    call.signal?.addEventListener('abort', cancel, { once: true })
  })
}

export interface WorkloadCertificateRequest extends ControlPlaneAddress {
  readonly token: string
  readonly ttlSeconds: number
  readonly signal?: AbortSignal
}

/** A key of our own and a certificate for whomever the token speaks for. @throws HEDDLE_IDENTITY_REFUSED, HEDDLE_IDENTITY_BAD_CERTIFICATE */
export async function requestWorkloadCertificate(request: WorkloadCertificateRequest): Promise<WorkloadCertificate> {
  const privateKey = generateKey()
  const channel = createControlPlaneChannel(request)
  try {
    const { token, ttlSeconds, signal } = request
    const chain = await createCertificate(channel, { csrPem: createCsr({ privateKey }), ttlSeconds, token, ...(signal ? { signal } : {}) })
    return workloadCertificate(chain, encodePrivateKey(privateKey))
  } finally {
    channel.close()
  }
}

/** In how many milliseconds an authority that has too much to do wants to be asked again; undefined when it did not say. */
export function retryAfterMsOf(error: unknown): number | undefined {
  const { metadata } = (error instanceof Error ? (error.cause as Partial<ServiceError> | null) : undefined) ?? {}
  const [hint] = metadata?.get('grpc-retry-pushback-ms') ?? []
  return typeof hint === 'string' && /^\d{1,7}$/.test(hint) ? Number(hint) : undefined
}

function refused(error: ServiceError | null): HeddleError {
  return new HeddleError({
    code: 'HEDDLE_IDENTITY_REFUSED',
    message: `the certificate authority did not issue: ${error?.details || error?.message || 'no reason given'}`,
    origin: 'upstream',
    retryable: true,
    cause: error,
  })
}
