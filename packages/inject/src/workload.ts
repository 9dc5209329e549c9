/** Which kinds carry a Pod template, where in them it is, and what the proxy says about its owner (ISTIO_META_WORKLOAD_NAME, ISTIO_META_OWNER). */
import type { ObjectRef } from './issue.js'
import { isJsonObject, type JsonObject } from './json.js'
import type { Metadata } from './pod-spec.js'

interface WorkloadKind {
  readonly groups: readonly string[]
  /** Where the Pod's metadata and spec hang. */
  readonly podPath: readonly string[]
  /** A second metadata that gets the same labels and annotations. Istio writes those of a CronJob only there. */
  readonly twinMetadataPath?: readonly string[]
}

const template = ['spec', 'template']

const workloadKinds: Readonly<Record<string, WorkloadKind>> = {
  Deployment: { groups: ['apps', 'extensions'], podPath: template },
  DaemonSet: { groups: ['apps', 'extensions'], podPath: template },
  ReplicaSet: { groups: ['apps', 'extensions'], podPath: template },
  StatefulSet: { groups: ['apps'], podPath: template },
  Job: { groups: ['batch'], podPath: template },
  CronJob: {
    groups: ['batch'],
    podPath: ['spec', 'jobTemplate', 'spec', 'template'],
    twinMetadataPath: ['spec', 'jobTemplate', 'metadata'],
  },
  ReplicationController: { groups: [''], podPath: template },
  DeploymentConfig: { groups: ['', 'apps.openshift.io'], podPath: template },
  Pod: { groups: [''], podPath: [] },
}

/** The thing a Pod belongs to, as telemetry names it. */
export interface Workload {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly namespace: string
}

export function workloadKindOf(ref: ObjectRef): WorkloadKind | undefined {
  const kind = Object.hasOwn(workloadKinds, ref.kind) ? workloadKinds[ref.kind] : undefined
  return kind?.groups.includes(groupOf(ref.apiVersion)) === true ? kind : undefined
}

/** Whether objects of this kind carry a Pod template, so that injection changes them. */
export function isWorkloadKind(apiVersion: string, kind: string): boolean {
  return workloadKindOf({ apiVersion, kind }) !== undefined
}

export function refOf(object: JsonObject): ObjectRef {
  const metadata = isJsonObject(object['metadata']) ? object['metadata'] : {}
  const { name, namespace } = metadata
  return {
    apiVersion: typeof object['apiVersion'] === 'string' ? object['apiVersion'] : '',
    kind: typeof object['kind'] === 'string' ? object['kind'] : '',
    ...(typeof namespace === 'string' && namespace !== '' ? { namespace } : {}),
    ...(typeof name === 'string' && name !== '' ? { name } : {}),
  }
}

/** The workload of an object; for a Pod that a controller made, the Deployment or CronJob behind it. */
export function workloadOf(ref: ObjectRef, metadata: Metadata, namespace: string): Workload {
  const name = ref.name ?? ''
  if (ref.kind !== 'Pod') return { apiVersion: ref.apiVersion, kind: ref.kind, name, namespace }
  const owner = controllerOf(metadata)
  if (owner === undefined) return { apiVersion: ref.apiVersion, kind: ref.kind, name: name || generatedName(metadata), namespace }
  return { ...ownerOf(owner, metadata.labels ?? {}), namespace }
}

function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/')
  return slash === -1 ? '' : apiVersion.slice(0, slash)
}

function generatedName(metadata: Metadata): string {
  return (metadata.generateName ?? '').replace(/-+$/, '')
}

type Owner = Omit<Workload, 'namespace'>

function controllerOf(metadata: Metadata): Owner | undefined {
  const references = Array.isArray(metadata['ownerReferences']) ? metadata['ownerReferences'] : []
  for (const reference of references) {
    if (!isJsonObject(reference) || reference['controller'] !== true) continue
    const { apiVersion, kind, name } = reference
    if (typeof apiVersion === 'string' && typeof kind === 'string' && typeof name === 'string') return { apiVersion, kind, name }
  }
  return undefined
}

/** ReplicaSet, Job and ReplicationController are steps between the workload a person made and its Pods: name the workload. */
function ownerOf(owner: Owner, labels: Readonly<Record<string, string>>): Owner {
  const hash = labels['pod-template-hash']
  if (owner.kind === 'ReplicaSet' && hash !== undefined && owner.name.endsWith(`-${hash}`)) {
    return { apiVersion: 'apps/v1', kind: 'Deployment', name: owner.name.slice(0, -hash.length - 1) }
  }
  const rollout = labels['rollouts-pod-template-hash']
  if (owner.kind === 'ReplicaSet' && rollout !== undefined && owner.name.endsWith(`-${rollout}`)) {
    return { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name: owner.name.slice(0, -rollout.length - 1) }
  }
  const scheduled = owner.kind === 'Job' ? /^(.+)-\d{8,10}$/.exec(owner.name)?.[1] : undefined
  if (scheduled !== undefined) return { apiVersion: owner.apiVersion, kind: 'CronJob', name: scheduled }
  const config = labels['deploymentconfig']
  if (owner.kind === 'ReplicationController' && config !== undefined && /-\d+$/.test(owner.name)) {
    return { apiVersion: 'apps.openshift.io/v1', kind: 'DeploymentConfig', name: config }
  }
  return owner
}
