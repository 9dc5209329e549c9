/** Kinds of workload by the words people use for them, and which of them the local platform runs. */
import { resolveResourceName } from '@heddle/config-schema'
import type { ResourceType } from '@heddle/client/resources'

export interface WorkloadKind {
  /** `StatefulSet` */
  readonly kind: string
  readonly type: ResourceType
}

/** Pods are found by the selector of each of these. */
const kindsWithPods = new Set(['Pod', 'Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job', 'ReplicationController', 'Service'])
/** Nothing makes Pods of these on the local platform, though the API keeps them. */
const notRunLocally = new Set(['StatefulSet', 'DaemonSet', 'Job', 'CronJob', 'ReplicationController'])

/** The kind a word such as `sts`, `deployments.apps` or `Pod` means; undefined for no kind at all. */
export function kindOfWord(word: string): WorkloadKind | undefined {
  const info = resolveResourceName(word)
  return info && { kind: info.kind, type: { group: info.group, version: info.versions[0] ?? 'v1', plural: info.plural } }
}

export function hasPods({ kind }: WorkloadKind): boolean {
  return kindsWithPods.has(kind)
}

/** Why there are no Pods of such a kind on the local platform; undefined when it runs them. */
export function notRunText({ kind }: WorkloadKind): string | undefined {
  return notRunLocally.has(kind) ? `the local platform does not run ${kind}s; it runs Deployments, ReplicaSets and Pods` : undefined
}
