/** Kinds of workload by the words people use for them, and which of them the local platform runs. */
import type { ResourceType } from '@heddle/client/resources'

export interface WorkloadKind {
  /** `StatefulSet` */
  readonly kind: string
  readonly type: ResourceType
  readonly words: readonly string[]
  /** Nothing makes Pods of others on the local platform, though the API keeps them. */
  readonly runsLocally: boolean
}

const kindOf = (kind: string, group: string, plural: string, short: string, runsLocally = false): WorkloadKind => {
  const plain = [kind.toLowerCase(), plural, short]
  const words = group === '' ? plain : plain.flatMap((word) => [word, `${word}.${group}`, `${word}.v1.${group}`])
  return { kind, type: { group, version: 'v1', plural }, words, runsLocally }
}

/** Those that lead to Pods; the kinds that the API serves are more (`discovery.ts`). */
const kinds: readonly WorkloadKind[] = [
  kindOf('Pod', '', 'pods', 'po', true),
  kindOf('Service', '', 'services', 'svc', true),
  kindOf('ReplicationController', '', 'replicationcontrollers', 'rc'),
  kindOf('Deployment', 'apps', 'deployments', 'deploy', true),
  kindOf('ReplicaSet', 'apps', 'replicasets', 'rs', true),
  kindOf('StatefulSet', 'apps', 'statefulsets', 'sts'),
  kindOf('DaemonSet', 'apps', 'daemonsets', 'ds'),
  kindOf('Job', 'batch', 'jobs', 'job'),
  kindOf('CronJob', 'batch', 'cronjobs', 'cj'),
]

/** The kind a word such as `sts`, `deployments.apps` or `Pod` means; undefined for any that leads to no Pods. */
export function kindOfWord(word: string): WorkloadKind | undefined {
  return kinds.find(({ words }) => words.includes(word.toLowerCase()))
}

/** Whether its Pods are found by its selector. */
export function hasPods({ kind }: WorkloadKind): boolean {
  return kind !== 'CronJob'
}

/** Why there are no Pods of such a kind on the local platform; undefined when it runs them. */
export function notRunText({ kind, runsLocally }: WorkloadKind): string | undefined {
  return runsLocally ? undefined : `the local platform does not run ${kind}s; it runs Deployments, ReplicaSets and Pods`
}
