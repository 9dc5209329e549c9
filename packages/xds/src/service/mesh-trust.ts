/** Whom a workload trusts and whom it does not, pushed over the discovery stream: types of our own, which other proxies never ask for. */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { DenyListSchema, TrustBundleSchema } from '../gen/heddle/xds/trust_pb.js'
import { createResource, type XdsResource } from '../resource.js'

export const trustTypeUrls = {
  trustBundle: 'type.googleapis.com/heddle.xds.TrustBundle',
  denyList: 'type.googleapis.com/heddle.xds.DenyList',
} as const

export interface PushedTrust {
  readonly trustDomain: string
  readonly roots: readonly PushedRoot[]
  /** Changes exactly when the roots do, or which of them are tainted. */
  readonly fingerprint: string
  /** Grows with each change. */
  readonly sequence: number
  /** Keys of the trust domain's tokens, a JSON Web Key Set. Default: none. */
  readonly jwks?: string
  /** Other trust domains. Default: none. */
  readonly federated?: readonly FederatedTrust[]
}

/** What the names of another trust domain are judged by. */
export interface FederatedTrust {
  readonly trustDomain: string
  /** In PEM; empty trusts nobody of it. */
  readonly rootsPem: string
  /** Keys of its tokens, a JSON Web Key Set. */
  readonly jwks: string
}

export interface PushedRoot {
  /** One certificate. */
  readonly pem: string
  /** Certificates under it are to be replaced at once. */
  readonly isTainted: boolean
}

export interface PushedDenials {
  readonly spiffeIds: readonly string[]
  /** Lower-case hexadecimal. */
  readonly serials: readonly string[]
  /** Revocation lists that every chain is held to, in PEM. Default: none. */
  readonly crlPem?: string
}

/** The one resource of its type; its name is the trust domain. */
export function encodeTrust({ trustDomain, roots, fingerprint, sequence, jwks = '', federated = [] }: PushedTrust): XdsResource {
  const message = create(TrustBundleSchema, {
    trustDomain,
    roots: roots.map(({ pem, isTainted }) => ({ pem, tainted: isTainted })),
    fingerprint,
    sequence: BigInt(sequence),
    jwks,
    federated: federated.map((other) => ({ ...other })),
  })
  return createResource(trustTypeUrls.trustBundle, trustDomain, toBinary(TrustBundleSchema, message))
}

/** @throws when the bytes are no such message. */
export function decodeTrust(bytes: Uint8Array): PushedTrust {
  const { trustDomain, roots, fingerprint, sequence, jwks, federated } = fromBinary(TrustBundleSchema, bytes)
  return {
    trustDomain,
    roots: roots.map(({ pem, tainted }) => ({ pem, isTainted: tainted })),
    fingerprint,
    sequence: Number(sequence),
    jwks,
    federated: federated.map((other) => ({ trustDomain: other.trustDomain, rootsPem: other.rootsPem, jwks: other.jwks })),
  }
}

/** The one resource of its type. */
export function encodeDenials({ spiffeIds, serials, crlPem = '' }: PushedDenials): XdsResource {
  const message = create(DenyListSchema, { spiffeIds: [...spiffeIds], serials: [...serials], crlPem })
  return createResource(trustTypeUrls.denyList, 'mesh', toBinary(DenyListSchema, message))
}

/** @throws when the bytes are no such message. */
export function decodeDenials(bytes: Uint8Array): PushedDenials {
  const { spiffeIds, serials, crlPem } = fromBinary(DenyListSchema, bytes)
  return { spiffeIds, serials, ...(crlPem !== '' && { crlPem }) }
}
