/** The bundle of another trust domain from its endpoint, which proves itself as SPIFFE Federation says (sections 5.2.1 and 5.2.2). */
import type { Clock } from '@heddle/base'
import type { FederatedDomain, SpiffeBundle } from '@heddle/ca'
import { createTrustBundle, peerChainOf, type PeerCertificateSource, verifySvidPath } from '@heddle/x509'
import { fetchHttpsDocument } from './https-document.js'

/** It is kept in a ConfigMap of its own, which holds 1 MiB, and pushed to every proxy. */
const maxBundleBytes = 256 * 1024

/**
 * @param trusted the bundle that proves a `https_spiffe` endpoint
 * @param caCertificates PEM of the authorities that vouch for a `https_web` endpoint in place of the web's
 * @throws HEDDLE_CONTROL_PLANE_FETCH
 */
export function fetchBundle(
  { trustDomain, url, profile }: FederatedDomain,
  trusted: SpiffeBundle | undefined,
  caCertificates: string | undefined,
  clock: Clock,
): Promise<string> {
  const maxBytes = maxBundleBytes
  if (profile.kind === 'https_web')
    return fetchHttpsDocument(url, { maxBytes, ...(caCertificates !== undefined && { ca: caCertificates }) })
  const { endpointId } = profile
  const onSecure = (socket: object): void => {
    // The endpoint may be of another domain than the bundle is about; then only a bundle of that one could prove it.
    const roots = createTrustBundle({ roots: { [trustDomain]: trusted?.rootsPem ?? '' } })
    const chain = peerChainOf(socket as PeerCertificateSource)
    const result = verifySvidPath({ chain, bundle: roots, nowMs: clock.now(), role: 'server', expected: [endpointId] })
    if (!result.ok) throw new Error(`the endpoint is not ${endpointId}: ${result.message}`)
  }
  return fetchHttpsDocument(url, { maxBytes, rejectUnauthorized: false, onSecure })
}
