/** `system:serviceaccount:NAMESPACE:NAME`, anchored at both ends: a prefix match would let `system:serviceaccountx:` in (istio#61580). */

export interface ServiceAccountName {
  readonly namespace: string
  readonly serviceAccount: string
}

const subjectPattern = /^system:serviceaccount:([^:]+):([^:]+)$/
const namePattern = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/

/** The account, or why the subject names none. */
export function readServiceAccountSubject(subject: string): ServiceAccountName | string {
  const [, namespace, serviceAccount] = subjectPattern.exec(subject) ?? []
  if (namespace === undefined || serviceAccount === undefined) return 'its subject is not system:serviceaccount:NAMESPACE:NAME'
  if (!namePattern.test(namespace) || !namePattern.test(serviceAccount)) return 'its subject has a name that Kubernetes would not allow'
  return { namespace, serviceAccount }
}
