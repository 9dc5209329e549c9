/**
 * SPIFFE ids, checked byte by byte against the SPIFFE-ID specification (sections 2.1-2.4). `URL` is never used: it
 * normalises case, dots and escapes, which would let two different strings be one identity.
 */

export interface SpiffeId {
  readonly uri: string
  readonly trustDomain: string
  /** Empty, or starts with `/`. */
  readonly path: string
}

export type SpiffeIdResult = { readonly ok: true; readonly id: SpiffeId } | { readonly ok: false; readonly reason: string }

export interface WorkloadIdentity {
  readonly trustDomain: string
  readonly namespace: string
  readonly serviceAccount: string
}

const scheme = 'spiffe://'
const trustDomainPattern = /^[a-z0-9._-]{1,255}$/
const segmentPattern = /^[A-Za-z0-9._-]+$/

export function parseSpiffeId(uri: string): SpiffeIdResult {
  if (!uri.startsWith(scheme)) return refuse(uri, 'it must start with spiffe:// in lower case')
  if (uri.length > 2048) return refuse(`${uri.slice(0, 60)}...`, 'it is longer than 2048 bytes')
  const rest = uri.slice(scheme.length)
  const slash = rest.indexOf('/')
  const trustDomain = slash < 0 ? rest : rest.slice(0, slash)
  const path = slash < 0 ? '' : rest.slice(slash)
  if (!trustDomainPattern.test(trustDomain)) return refuse(uri, 'a trust domain has 1 to 255 of the characters a-z 0-9 . _ -')
  for (const segment of path === '' ? [] : path.slice(1).split('/')) {
    if (segment === '' || segment === '.' || segment === '..') return refuse(uri, 'a path segment is empty or made of dots')
    if (!segmentPattern.test(segment)) return refuse(uri, `the path segment "${segment}" has a character outside A-Z a-z 0-9 . _ -`)
  }
  return { ok: true, id: { uri, trustDomain, path } }
}

/** Istio's form of a workload's id: `spiffe://TRUST-DOMAIN/ns/NAMESPACE/sa/SERVICE-ACCOUNT`. */
export function formatWorkloadId(identity: WorkloadIdentity): string {
  return `${scheme}${identity.trustDomain}/ns/${identity.namespace}/sa/${identity.serviceAccount}`
}

/** The workload that an id names, or undefined when its path is not `/ns/N/sa/A`. */
export function workloadOf(id: SpiffeId): WorkloadIdentity | undefined {
  const match = /^\/ns\/([^/]+)\/sa\/([^/]+)$/.exec(id.path)
  if (!match) return undefined
  return { trustDomain: id.trustDomain, namespace: match[1] as string, serviceAccount: match[2] as string }
}

function refuse(uri: string, reason: string): SpiffeIdResult {
  return { ok: false, reason: `"${uri}" is not a SPIFFE id: ${reason}` }
}
