/** The status of a Deployment: counters and the conditions that `kubectl rollout status` and `kubectl wait` read. */
import type { KubernetesObject } from '@heddle/client'
import { timestamp } from '../api/object-metadata.js'
import { type Fields, fieldsOf, listOf, numberOf, textOf } from '../json-fields.js'
import { rolloutLimits } from './rollout-plan.js'

export interface DeploymentView {
  readonly deployment: KubernetesObject
  readonly newSet: KubernetesObject
  readonly oldSets: readonly KubernetesObject[]
  readonly nowMs: number
}

const counter = (set: KubernetesObject, field: string): number => numberOf(fieldsOf(set['status'])[field]) ?? 0

export function deploymentStatus(view: DeploymentView): Fields {
  const { deployment, newSet, oldSets } = view
  const sets = [newSet, ...oldSets]
  const sum = (field: string): number => sets.reduce((total, set) => total + counter(set, field), 0)
  const replicas = numberOf(fieldsOf(deployment['spec'])['replicas']) ?? 1
  const counters = {
    replicas: sum('replicas'),
    updatedReplicas: counter(newSet, 'replicas'),
    readyReplicas: sum('readyReplicas'),
    availableReplicas: sum('availableReplicas'),
    unavailableReplicas: Math.max(0, Math.max(replicas, sum('replicas')) - sum('availableReplicas')),
  }
  const before = listOf(fieldsOf(deployment['status'])['conditions'])
  return {
    // A counter that is zero is absent; a merge patch says so with null.
    ...Object.fromEntries(Object.entries(counters).map(([name, value]) => [name, value === 0 ? null : value])),
    observedGeneration: deployment.metadata.generation ?? 1,
    conditions: [available(view, counters.availableReplicas), progressing(view, replicas, counters)].map((wanted) =>
      withTimes(wanted, before, view.nowMs),
    ),
  }
}

function available({ deployment }: DeploymentView, availableReplicas: number): Fields {
  const spec = fieldsOf(deployment['spec'])
  const replicas = numberOf(spec['replicas']) ?? 1
  const rolling = fieldsOf(fieldsOf(spec['strategy'])['rollingUpdate'])
  const { unavailable } = rolloutLimits(replicas, rolling['maxSurge'], rolling['maxUnavailable'])
  const isEnough = availableReplicas >= replicas - unavailable
  return {
    type: 'Available',
    status: isEnough ? 'True' : 'False',
    reason: isEnough ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
    message: `Deployment ${isEnough ? 'has' : 'does not have'} minimum availability.`,
  }
}

function progressing(
  view: DeploymentView,
  replicas: number,
  counters: { readonly replicas: number; readonly updatedReplicas: number; readonly availableReplicas: number },
): Fields {
  const { deployment, newSet } = view
  const named = (text: string): string => `ReplicaSet "${newSet.metadata.name}" ${text}`
  const isComplete = counters.updatedReplicas === replicas && counters.replicas === replicas && counters.availableReplicas >= replicas
  if (isComplete)
    return { type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable', message: named('has successfully progressed.') }
  if (isOverdue(view, counters))
    return { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message: named('has timed out progressing.') }
  const isNew = deployment['status'] === undefined
  return {
    type: 'Progressing',
    status: 'True',
    reason: isNew ? 'NewReplicaSetCreated' : 'ReplicaSetUpdated',
    message: isNew ? `Created new replica set "${newSet.metadata.name}"` : named('is progressing.'),
  }
}

/** No counter moved for progressDeadlineSeconds. */
function isOverdue({ deployment, nowMs }: DeploymentView, counters: Readonly<Record<string, number>>): boolean {
  const status = fieldsOf(deployment['status'])
  const condition = listOf(status['conditions']).find((candidate) => candidate['type'] === 'Progressing')
  if (!condition || condition['reason'] === 'NewReplicaSetAvailable') return false
  const hasMoved = Object.entries(counters).some(([name, value]) => (numberOf(status[name]) ?? 0) !== value)
  if (hasMoved || numberOf(status['observedGeneration']) !== deployment.metadata.generation) return false
  if (condition['reason'] === 'ProgressDeadlineExceeded') return true
  const deadlineSeconds = numberOf(fieldsOf(deployment['spec'])['progressDeadlineSeconds']) ?? 600
  return nowMs - Date.parse(textOf(condition['lastUpdateTime']) ?? '') > deadlineSeconds * 1000
}

/** `lastTransitionTime` moves with the status, `lastUpdateTime` with anything else it says. */
function withTimes(wanted: Fields, before: readonly Fields[], nowMs: number): Fields {
  const old = before.find((condition) => condition['type'] === wanted['type'])
  const now = timestamp(nowMs)
  const isSame = old?.['status'] === wanted['status'] && old?.['reason'] === wanted['reason'] && old?.['message'] === wanted['message']
  return {
    ...wanted,
    lastTransitionTime: old?.['status'] === wanted['status'] ? old?.['lastTransitionTime'] : now,
    lastUpdateTime: isSame ? old?.['lastUpdateTime'] : now,
  }
}
