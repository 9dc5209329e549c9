/** READY, STATUS and RESTARTS of a Pod, by the rules of Kubernetes' printPod: native sidecars count like containers. */
import type { KubernetesObject } from '@heddle/client'
import { type Fields, fieldsOf, listOf, numberOf, textOf } from '../json-fields.js'
import { formatAge } from './age.js'

interface PodView {
  readonly object: KubernetesObject
  readonly spec: Fields
  readonly status: Fields
  readonly initContainers: readonly Fields[]
  readonly initStatuses: readonly Fields[]
  readonly statuses: readonly Fields[]
}

function view(object: KubernetesObject): PodView {
  const spec = fieldsOf(object['spec'])
  const status = fieldsOf(object['status'])
  return {
    object,
    spec,
    status,
    initContainers: listOf(spec['initContainers']),
    initStatuses: listOf(status['initContainerStatuses']),
    statuses: listOf(status['containerStatuses']),
  }
}

const isSidecar = (pod: PodView, name: unknown): boolean =>
  pod.initContainers.some((container) => container['name'] === name && container['restartPolicy'] === 'Always')

export function podReady(object: KubernetesObject): string {
  const pod = view(object)
  const sidecars = pod.initStatuses.filter((status) => isSidecar(pod, status['name']))
  const total =
    listOf(pod.spec['containers']).length + pod.initContainers.filter((container) => container['restartPolicy'] === 'Always').length
  const ready = [...pod.statuses, ...sidecars].filter(
    (status) => status['ready'] === true && fieldsOf(status['state'])['terminated'] === undefined,
  )
  return `${ready.length}/${total}`
}

export function podRestarts(object: KubernetesObject, nowMs: number): string {
  const pod = view(object)
  const counted = [...pod.statuses, ...pod.initStatuses.filter((status) => isSidecar(pod, status['name']))]
  const restarts = counted.reduce((sum, status) => sum + (numberOf(status['restartCount']) ?? 0), 0)
  const ends = counted.map((status) => textOf(fieldsOf(fieldsOf(status['lastState'])['terminated'])['finishedAt']) ?? '').sort()
  const last = ends.at(-1)
  return restarts === 0 || !last ? String(restarts) : `${restarts} (${formatAge(last, nowMs)} ago)`
}

export function podStatus(object: KubernetesObject): string {
  const pod = view(object)
  const scheduled = listOf(pod.status['conditions']).find((condition) => condition['type'] === 'PodScheduled')
  let reason = textOf(pod.status['reason']) ?? textOf(pod.status['phase']) ?? 'Unknown'
  if (scheduled?.['reason'] === 'SchedulingGated') reason = 'SchedulingGated'
  const initial = initReason(pod)
  if (initial !== undefined) reason = initial
  else reason = containerReason(pod, reason)
  if (object.metadata.deletionTimestamp === undefined) return reason
  return reason === 'NodeLost' ? 'Unknown' : 'Terminating'
}

/** Why initialisation is not over; undefined when it is. */
function initReason(pod: PodView): string | undefined {
  for (const [index, status] of pod.initStatuses.entries()) {
    const state = fieldsOf(status['state'])
    const terminated = fieldsOf(state['terminated'])
    if (state['terminated'] !== undefined && numberOf(terminated['exitCode']) === 0) continue
    if (isSidecar(pod, status['name']) && status['started'] === true) continue
    if (state['terminated'] !== undefined) return `Init:${terminatedReason(terminated)}`
    const waiting = textOf(fieldsOf(state['waiting'])['reason'])
    if (waiting !== undefined && waiting !== '' && waiting !== 'PodInitializing') return `Init:${waiting}`
    return `Init:${index}/${pod.initContainers.length}`
  }
  return undefined
}

/** The first container that is not well gives the reason. */
function containerReason(pod: PodView, phase: string): string {
  let reason = phase
  let hasRunning = false
  for (const status of [...pod.statuses].reverse()) {
    const state = fieldsOf(status['state'])
    const waiting = textOf(fieldsOf(state['waiting'])['reason'])
    if (waiting) reason = waiting
    else if (state['terminated'] !== undefined) reason = terminatedReason(fieldsOf(state['terminated']))
    else if (status['ready'] === true && state['running'] !== undefined) hasRunning = true
  }
  if (reason !== 'Completed' || !hasRunning) return reason
  return listOf(pod.status['conditions']).some((condition) => condition['type'] === 'Ready' && condition['status'] === 'True')
    ? 'Running'
    : 'NotReady'
}

function terminatedReason(terminated: Fields): string {
  const reason = textOf(terminated['reason'])
  if (reason) return reason
  const signal = numberOf(terminated['signal']) ?? 0
  return signal !== 0 ? `Signal:${signal}` : `ExitCode:${numberOf(terminated['exitCode']) ?? 0}`
}

export function readinessGates(object: KubernetesObject): string {
  const pod = view(object)
  const gates = listOf(pod.spec['readinessGates'])
  if (gates.length === 0) return '<none>'
  const conditions = listOf(pod.status['conditions'])
  const met = gates.filter((gate) =>
    conditions.some((condition) => condition['type'] === gate['conditionType'] && condition['status'] === 'True'),
  )
  return `${met.length}/${gates.length}`
}
