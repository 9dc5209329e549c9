/** A bare grpc-js client of 15012, so that tests can show any credentials and send anything. */
import { once } from 'node:events'
import { type Client, type ClientDuplexStream, type ClientWritableStream, Metadata, type ServiceError } from '@grpc/grpc-js'
import { createControlPlaneChannel, type ClientCertificate } from '@heddle/client'
import {
  type AccessLogBatch,
  adsDeltaMethod,
  createCertificateMethod,
  type DeltaRequest,
  type DeltaResponse,
  streamAccessLogsMethod,
} from '@heddle/xds'
import type { FakeControlPlane } from '../../src/testing.js'

export interface CallerOptions {
  readonly token?: string
  readonly certificate?: ClientCertificate
}

export type DiscoveryCall = ClientDuplexStream<DeltaRequest, DeltaResponse>

export interface GrpcCaller {
  close(): void
  discover(): DiscoveryCall
  certify(csr: string): Promise<{ readonly chain?: readonly string[]; readonly code?: number; readonly details?: string }>
  report(): { readonly call: ClientWritableStream<AccessLogBatch>; readonly ended: Promise<ServiceError | undefined> }
  /** @param bytes default: such as are no message of any method. */
  garbage(path: string, bytes?: Uint8Array): Promise<ServiceError | undefined>
}

export function createCaller(controlPlane: FakeControlPlane, { token, certificate }: CallerOptions = {}): GrpcCaller {
  const { address, serverName } = controlPlane
  const channel: Client = createControlPlaneChannel({ address, serverName, rootsPem: controlPlane.rootsPem() }, certificate)
  const metadata = new Metadata()
  if (token !== undefined) metadata.set('authorization', `Bearer ${token}`)
  return {
    close: () => channel.close(),
    discover() {
      const { path, requestSerialize, responseDeserialize } = adsDeltaMethod
      const call = channel.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, metadata)
      call.on('error', () => undefined)
      return call
    },
    certify(csr) {
      const { path, requestSerialize, responseDeserialize } = createCertificateMethod
      return new Promise((resolve) => {
        channel.makeUnaryRequest(path, requestSerialize, responseDeserialize, { csr }, metadata, (error, answer) =>
          resolve(error ? { code: error.code, details: error.details } : { chain: answer?.certificateChain ?? [] }),
        )
      })
    },
    report() {
      const { path, requestSerialize, responseDeserialize } = streamAccessLogsMethod
      let end: (error: ServiceError | undefined) => void
      const ended = new Promise<ServiceError | undefined>((resolve) => (end = resolve))
      const call = channel.makeClientStreamRequest(path, requestSerialize, responseDeserialize, metadata, (error) =>
        end(error ?? undefined),
      )
      call.on('error', () => undefined)
      return { call, ended }
    },
    garbage(path, bytes = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x01)) {
      return new Promise((resolve) => {
        const call = channel.makeBidiStreamRequest(
          path,
          (bytes: Buffer) => bytes,
          (bytes) => bytes,
          metadata,
        )
        call.on('error', (error) => resolve(error as ServiceError))
        call.on('end', () => resolve(undefined))
        call.on('data', () => undefined)
        call.end(Buffer.from(bytes))
      })
    },
  }
}

export const request = (typeUrl: string, fields: Partial<DeltaRequest> = {}): DeltaRequest => ({
  typeUrl,
  subscribe: [],
  unsubscribe: [],
  initialVersions: {},
  ...fields,
})

export async function nextResponse(call: DiscoveryCall): Promise<DeltaResponse> {
  const [response] = (await once(call, 'data')) as [DeltaResponse]
  return response
}

export async function errorOf(call: DiscoveryCall): Promise<ServiceError> {
  call.resume()
  const [error] = (await once(call, 'error')) as [ServiceError]
  return error
}
