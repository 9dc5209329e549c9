/** What runs: Pods, and the templates of whatever makes Pods, with WorkloadEntries and WorkloadGroups of virtual machines. */
import type { PodSpec } from '../../gen/types.js'
import type { PathSegment } from '../../path.js'
import type { View } from './view.js'

export interface Workload {
  readonly view: View
  readonly namespace: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly serviceAccount: string
  /** Absent for virtual machines. */
  readonly pod?: PodSpec
  /** From the resource to where the Pod's metadata and spec stand. */
  readonly podPath: readonly PathSegment[]
}

interface PodTemplate {
  readonly metadata?: { readonly labels?: Readonly<Record<string, string>>; readonly annotations?: Readonly<Record<string, string>> }
  readonly spec?: PodSpec
}

const templatePaths: Readonly<Record<string, readonly string[]>> = {
  Pod: [],
  Deployment: ['spec', 'template'],
  StatefulSet: ['spec', 'template'],
  DaemonSet: ['spec', 'template'],
  ReplicaSet: ['spec', 'template'],
  ReplicationController: ['spec', 'template'],
  Job: ['spec', 'template'],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template'],
}

export function workloadOf(view: View): Workload | undefined {
  if (view.group === 'networking.istio.io') return virtualMachine(view)
  const path = ['', 'apps', 'batch'].includes(view.group) ? templatePaths[view.kind] : undefined
  if (path === undefined) return undefined
  let template: unknown = view.resource
  for (const key of path) template = (template as Readonly<Record<string, unknown>> | undefined)?.[key]
  const { metadata, spec } = (template ?? {}) as PodTemplate
  return {
    view,
    namespace: view.namespace,
    labels: metadata?.labels ?? {},
    annotations: metadata?.annotations ?? {},
    serviceAccount: spec?.serviceAccountName ?? 'default',
    ...(spec === undefined ? {} : { pod: spec }),
    podPath: path,
  }
}

interface EntrySpec {
  readonly labels?: Readonly<Record<string, string>>
  readonly serviceAccount?: string
}

function virtualMachine(view: View): Workload | undefined {
  const { spec } = view.resource as { readonly spec?: EntrySpec & { readonly metadata?: EntrySpec; readonly template?: EntrySpec } }
  if (view.kind === 'WorkloadEntry') return machine(view, { ...view.labels, ...spec?.labels }, spec?.serviceAccount)
  if (view.kind === 'WorkloadGroup')
    return machine(view, { ...spec?.metadata?.labels, ...spec?.template?.labels }, spec?.template?.serviceAccount)
  return undefined
}

function machine(view: View, labels: Readonly<Record<string, string>>, serviceAccount = 'default'): Workload {
  return { view, namespace: view.namespace, labels, annotations: {}, serviceAccount, podPath: ['spec'] }
}
