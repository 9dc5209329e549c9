/** The authority's roots, denials and plugged-in revocation lists as resources that every proxy is pushed. */
import type { Ca } from '@heddle/ca'
import { encodeJwtKeySet } from '@heddle/base/node'
import { encodeDenials, encodeTrust, type FederatedTrust, trustTypeUrls, type XdsResource } from '@heddle/xds'

export type TrustResources = readonly (readonly [typeUrl: string, resources: readonly XdsResource[]])[]

export function trustResourcesOf(ca: Pick<Ca, 'bundle' | 'denied'>, federated: readonly FederatedTrust[] = []): TrustResources {
  const { trustDomain, roots, rootsPem, trustBundle, crlPem, fingerprint, sequence, jwtKeys } = ca.bundle()
  const pushed = roots.map(({ pem, phase }) => ({ pem, isTainted: phase === 'tainted' }))
  const jwks = encodeJwtKeySet(jwtKeys)
  // Former names of the mesh are to a proxy what other trust domains are, with the mesh's own roots.
  const aliases = trustBundle.trustDomains.filter((name) => name !== trustDomain).map((name) => ({ trustDomain: name, rootsPem, jwks }))
  const entries = ca.denied.entries()
  const valuesOf = (kind: (typeof entries)[number]['kind']): readonly string[] =>
    entries.flatMap((entry) => (entry.kind === kind ? [entry.value] : []))
  return [
    [trustTypeUrls.denyList, [encodeDenials({ spiffeIds: valuesOf('spiffe-id'), serials: valuesOf('serial'), crlPem })]],
    [
      trustTypeUrls.trustBundle,
      [encodeTrust({ trustDomain, roots: pushed, fingerprint, sequence, jwks, federated: [...aliases, ...federated] })],
    ],
  ]
}
