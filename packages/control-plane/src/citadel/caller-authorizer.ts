/**
 * Who may have a certificate now: an authenticated caller whose workload is still there. A token needs its service account and,
 * when it is bound to a Pod, that Pod (name, uid and account). A certificate, which names no Pod, renews only while some Pod runs
 * under its account, or a WorkloadEntry names it; so a stolen one ends with its workload. A join token is an operator's word for one
 * certificate, also where there is no account. The control plane serves only once its model is complete, so what the
 * model has is allowed at once, also while the API is away. What it does not have may be younger than the last event: then the API
 * itself is asked, and while it cannot answer the caller is told to come again, never let in.
 */
import type { Authorization, Caller } from '@heddle/ca'
import type { ResourceClient } from '@heddle/client'
import type { Pod } from '@heddle/translation'
import { accountOfPod } from '../source/account-use.js'
import type { Source } from '../source/source.js'
import { type SnapshotField, watchedTypes } from '../source/watched-types.js'

export interface CallerAuthorizerOptions {
  /** Synced. */
  readonly source: Pick<Source, 'find' | 'accounts'>
  readonly client: Pick<ResourceClient, 'get'>
}

/** The result rejects with the API's error when it would have to be asked and cannot. */
export function createCallerAuthorizer({ source, client }: CallerAuthorizerOptions): (caller: Caller) => Promise<Authorization> {
  /** Until `isWanted` finds what it looks for in the model, or else in the API. */
  const look = async (field: SnapshotField, name: string, namespace: string, isWanted: (found: object) => boolean): Promise<boolean> => {
    const known = source.find(field, name, namespace)
    if (known && isWanted(known)) return true
    const live = await client.get(watchedTypes[field], name, namespace)
    return live !== undefined && isWanted(live)
  }
  return async ({ namespace, serviceAccount, method, pod }) => {
    if (method === 'join-token') return { ok: true }
    if (method === 'client-certificate' && source.accounts.hasEntry(namespace, serviceAccount)) return { ok: true }
    if (!(await look('serviceAccounts', serviceAccount, namespace, () => true)))
      return refused(`there is no service account "${serviceAccount}" in namespace "${namespace}"`)
    if (pod) {
      const isIt = (found: object): boolean => (found as Pod).metadata.uid === pod.uid && accountOfPod(found as Pod) === serviceAccount
      if (!(await look('pods', pod.name, namespace, isIt))) return refused(`the token's Pod "${pod.name}" is gone, or is another now`)
    } else if (method === 'client-certificate' && !source.accounts.hasPod(namespace, serviceAccount))
      return refused(`no Pod runs under service account "${serviceAccount}" any more`)
    return { ok: true }
  }
}

function refused(reason: string): Authorization {
  return { ok: false, reason }
}
