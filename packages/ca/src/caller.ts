/** Who asks for a certificate, as an authenticator established it. The certificate's identity comes from here and nowhere else. */
import { type WorkloadIdentity, formatWorkloadId, parseSpiffeId, workloadOf } from '@heddle/base'
import { callerInvalid } from './ca-error.js'

export interface Caller extends WorkloadIdentity {
  /** How the identity was proved. */
  readonly method: 'jwt' | 'client-certificate' | 'join-token' | 'operator'
  /** The Pod that a Kubernetes token is bound to, when it names one. */
  readonly pod?: { readonly name: string; readonly uid: string }
  /** Who vouched for this caller, such as whoever made its join token, in their own words: nobody has proved it. */
  readonly claimedActor?: string
  /** The longest lifetime of what this caller is given, in seconds. Default: the authority's maximum. */
  readonly maxTtlSeconds?: number
}

/**
 * The one place where a SPIFFE id is built from its parts. The parts must come out as they went in, so that no character of a
 * namespace or account can shift the borders between them.
 * @throws HeddleError `HEDDLE_CA_CALLER_INVALID`
 */
export function workloadUriOf(identity: WorkloadIdentity): string {
  const uri = formatWorkloadId(identity)
  const parsed = parseSpiffeId(uri)
  if (!parsed.ok) throw callerInvalid(parsed.reason)
  const again = workloadOf(parsed.id)
  const isSame =
    again?.trustDomain === identity.trustDomain &&
    again.namespace === identity.namespace &&
    again.serviceAccount === identity.serviceAccount
  if (!isSame) throw callerInvalid(`"${uri}" does not name one namespace and one service account`)
  return uri
}
