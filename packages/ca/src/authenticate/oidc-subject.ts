/**
 * Whom a token of an OpenID issuer names by its subject alone: `system:serviceaccount:NAMESPACE:NAME`, as Istio reads them, or a SPIFFE
 * id of the mesh's own trust domain.
 */
import { parseSpiffeId, workloadOf } from '@heddle/base'
import { readServiceAccountSubject, type ServiceAccountName } from './service-account-subject.js'

/** For `mapClaims` of `createJwtAuthenticator`. @returns the account, or why there is none. */
export function accountOfSubject(claims: Readonly<Record<string, unknown>>, trustDomain: string): ServiceAccountName | string {
  const { sub } = claims
  if (typeof sub !== 'string') return 'it has no subject'
  if (!sub.startsWith('spiffe:')) return readServiceAccountSubject(sub)
  const id = parseSpiffeId(sub)
  const workload = id.ok ? workloadOf(id.id) : undefined
  if (!workload) return 'its subject is no SPIFFE id of a service account'
  if (workload.trustDomain !== trustDomain) return `its subject is of the trust domain "${workload.trustDomain}", not of "${trustDomain}"`
  return readServiceAccountSubject(`system:serviceaccount:${workload.namespace}:${workload.serviceAccount}`)
}
