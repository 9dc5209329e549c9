/** The X.509 half of the SPIFFE Workload API: messages and methods. Certificates are DER, several of them one after the other. */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { X509BundlesResponseSchema, X509SVIDResponseSchema } from '../gen/spiffe/workload/workload_pb.js'
import type { GrpcMethod } from './grpc-method.js'

export interface WorkloadSvid {
  readonly spiffeId: string
  /** Leaf first. */
  readonly chain: Uint8Array
  /** PKCS#8: a secret. */
  readonly privateKey: Uint8Array
  /** Of the SVID's own trust domain. */
  readonly bundle: Uint8Array
}

export interface WorkloadSvids {
  /** The first is the default. */
  readonly svids: readonly WorkloadSvid[]
  /** Revocation lists, one DER each. */
  readonly crls: readonly Uint8Array[]
  /** By trust domain id, such as `spiffe://other`. */
  readonly federatedBundles: Readonly<Record<string, Uint8Array>>
}

/** By trust domain id. */
export type WorkloadBundles = Readonly<Record<string, Uint8Array>>

export interface WorkloadRoots {
  readonly bundles: WorkloadBundles
  /** Revocation lists, one DER each. */
  readonly crls: readonly Uint8Array[]
}

/** A message each time something changes, complete each time. */
export const fetchX509SvidMethod: GrpcMethod<object, WorkloadSvids> = {
  path: '/SpiffeWorkloadAPI/FetchX509SVID',
  requestStream: false,
  responseStream: true,
  requestSerialize: () => Buffer.alloc(0),
  requestDeserialize: () => ({}),
  responseSerialize: ({ svids, crls, federatedBundles }) =>
    Buffer.from(
      toBinary(
        X509SVIDResponseSchema,
        create(X509SVIDResponseSchema, {
          svids: svids.map(({ spiffeId, chain, privateKey, bundle }) => ({ spiffeId, x509Svid: chain, x509SvidKey: privateKey, bundle })),
          crl: [...crls],
          federatedBundles,
        }),
      ),
    ),
  responseDeserialize: (bytes) => {
    const { svids, crl, federatedBundles } = fromBinary(X509SVIDResponseSchema, bytes)
    return {
      svids: svids.map(({ spiffeId, x509Svid, x509SvidKey, bundle }) => ({ spiffeId, chain: x509Svid, privateKey: x509SvidKey, bundle })),
      crls: crl,
      federatedBundles,
    }
  },
}

export const fetchX509BundlesMethod: GrpcMethod<object, WorkloadRoots> = {
  path: '/SpiffeWorkloadAPI/FetchX509Bundles',
  requestStream: false,
  responseStream: true,
  requestSerialize: () => Buffer.alloc(0),
  requestDeserialize: () => ({}),
  responseSerialize: ({ bundles, crls }) =>
    Buffer.from(toBinary(X509BundlesResponseSchema, create(X509BundlesResponseSchema, { bundles, crl: [...crls] }))),
  responseDeserialize: (bytes) => {
    const { bundles, crl } = fromBinary(X509BundlesResponseSchema, bytes)
    return { bundles, crls: crl }
  },
}
