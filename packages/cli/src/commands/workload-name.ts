/** A workload as users name it: `NAMESPACE/ACCOUNT`, or the SPIFFE id `spiffe://DOMAIN/ns/NAMESPACE/sa/ACCOUNT`. */
import { parseSpiffeId, workloadOf } from '@heddle/base'
import { usageError } from '../command/parse.js'

export interface WorkloadName {
  readonly namespace: string
  readonly serviceAccount: string
  /** Where the name was a SPIFFE id. */
  readonly trustDomain?: string
}

/** @throws HEDDLE_CLI_USAGE */
export function workloadNamed(text: string | undefined, flag: string): WorkloadName {
  if (text?.startsWith('spiffe:')) {
    const parsed = parseSpiffeId(text)
    const workload = parsed.ok ? workloadOf(parsed.id) : undefined
    if (workload) return workload
    throw usageError(`--${flag} ${text} is no id such as spiffe://cluster.local/ns/default/sa/default`)
  }
  const [namespace, serviceAccount, ...more] = (text ?? '').split('/')
  if (!namespace || !serviceAccount || more.length > 0)
    throw usageError(`say whose identity with --${flag} NAMESPACE/ACCOUNT, such as --${flag} default/default`)
  return { namespace, serviceAccount }
}
