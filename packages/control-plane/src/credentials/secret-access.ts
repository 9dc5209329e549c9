/**
 * Whether a service account may have private keys: Istio asks the API whether it may list the Secrets of its namespace
 * (SubjectAccessReview). An API without access reviews has no rights to ask for; there the namespace alone decides.
 */
import { type Clock, type Logger, messageOf } from '@heddle/base'
import { type ResourceClient, statusOf } from '@heddle/client'

export interface Account {
  readonly namespace: string
  readonly serviceAccount: string
}

export interface AccessVerdict {
  readonly isAllowed: boolean
  /** After this time it is worth asking again. */
  readonly validMs: number
}

export interface SecretAccess {
  /** Never rejects: without an answer the last one holds, and without a last one nobody is allowed. */
  check(account: Account): Promise<AccessVerdict>
}

const reviews = { group: 'authorization.k8s.io', version: 'v1', plural: 'subjectaccessreviews' }
/** As long as istiod keeps them: a refusal is asked again soon, after the missing Role was made. */
const allowedMs = 300_000
const deniedMs = 60_000
const unansweredMs = 5000
const maxAccounts = 10_000

export function createSecretAccess(
  client: ResourceClient,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): SecretAccess {
  const known = new Map<string, { readonly isAllowed: boolean; readonly untilMs: number }>()
  /** @returns undefined when nobody answers. */
  const ask = async (user: string, namespace: string): Promise<boolean | undefined> => {
    const spec = { user, resourceAttributes: { namespace, verb: 'list', resource: 'secrets' } }
    try {
      const answer = await client.create(reviews, {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SubjectAccessReview',
        metadata: { name: '' },
        spec,
      })
      return (answer['status'] as { readonly allowed?: boolean } | undefined)?.allowed === true
    } catch (error) {
      if (statusOf(error)?.code === 404) return true
      logger.warn('nobody can say whether an account may read secrets', { user, error: messageOf(error) })
      return undefined
    }
  }
  return {
    async check({ namespace, serviceAccount }) {
      const user = `system:serviceaccount:${namespace}:${serviceAccount}`
      const found = known.get(user)
      const leftMs = (found?.untilMs ?? 0) - clock.monotonicMs()
      if (found !== undefined && leftMs > 0) return { isAllowed: found.isAllowed, validMs: leftMs }
      const isAllowed = await ask(user, namespace)
      if (isAllowed === undefined) return { isAllowed: found?.isAllowed ?? false, validMs: unansweredMs }
      const validMs = isAllowed ? allowedMs : deniedMs
      if (known.size >= maxAccounts) known.clear()
      known.set(user, { isAllowed, untilMs: clock.monotonicMs() + validMs })
      return { isAllowed, validMs }
    },
  }
}
