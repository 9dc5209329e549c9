/**
 * Which service accounts something runs under now, counted as Pods and WorkloadEntries come and go: ten thousand workloads renew in a
 * day, and none of them should have to look through the other ten thousand.
 */
import type { InformerEvent } from '@heddle/client'
import type { Pod } from '@heddle/translation'

export interface AccountUse {
  take(field: 'pods' | 'workloadEntries', event: InformerEvent): void
  /** Whether a Pod that has not finished runs under the account. */
  hasPod(namespace: string, serviceAccount: string): boolean
  /** Whether a WorkloadEntry names the account. */
  hasEntry(namespace: string, serviceAccount: string): boolean
}

export function createAccountUse(): AccountUse {
  const counters = { pods: createCounter(), workloadEntries: createCounter() }
  return {
    take(field, event) {
      if (event.type === 'synced') return
      const { metadata } = event.object
      const account = event.type === 'deleted' ? undefined : accountOf[field](event.object as unknown as Pod)
      const namespace = metadata.namespace ?? ''
      counters[field].set(`${namespace}/${metadata.name}`, account === undefined ? undefined : `${namespace}/${account}`)
    },
    hasPod: (namespace, serviceAccount) => counters.pods.has(`${namespace}/${serviceAccount}`),
    hasEntry: (namespace, serviceAccount) => counters.workloadEntries.has(`${namespace}/${serviceAccount}`),
  }
}

/** The account that a Pod runs under; undefined when it has finished. */
export function accountOfPod({ spec, status }: Pod): string | undefined {
  const isOver = status?.phase === 'Succeeded' || status?.phase === 'Failed'
  return isOver ? undefined : (spec?.serviceAccountName ?? 'default')
}

const accountOf = {
  pods: accountOfPod,
  workloadEntries: ({ spec }: { readonly spec?: { readonly serviceAccount?: string } }): string | undefined => spec?.serviceAccount,
} as const

interface Counter {
  /** @param value undefined: the object is gone or counts for nothing. */
  set(object: string, value: string | undefined): void
  has(value: string): boolean
}

function createCounter(): Counter {
  const valueOf = new Map<string, string>()
  const counts = new Map<string, number>()
  const add = (value: string, by: 1 | -1): void => {
    const count = (counts.get(value) ?? 0) + by
    if (count === 0) counts.delete(value)
    else counts.set(value, count)
  }
  return {
    set(object, value) {
      const before = valueOf.get(object)
      if (before === value) return
      if (before !== undefined) add(before, -1)
      if (value === undefined) {
        valueOf.delete(object)
        return
      }
      valueOf.set(object, value)
      add(value, 1)
    },
    has: (value) => counts.has(value),
  }
}
