/** Questions controllers ask about Pods. */
import type { KubernetesObject } from '@heddle/client'
import { type Fields, fieldsOf, listOf, textOf } from '../json-fields.js'

export function phaseOf(pod: KubernetesObject): string {
  return textOf(fieldsOf(pod['status'])['phase']) ?? 'Pending'
}

/** Counts as a replica: neither finished nor on its way out. */
export function isActive(pod: KubernetesObject): boolean {
  return pod.metadata.deletionTimestamp === undefined && phaseOf(pod) !== 'Succeeded' && phaseOf(pod) !== 'Failed'
}

export function readyCondition(pod: KubernetesObject): Fields | undefined {
  return listOf(fieldsOf(pod['status'])['conditions']).find((condition) => condition['type'] === 'Ready')
}

export function isReady(pod: KubernetesObject): boolean {
  return readyCondition(pod)?.['status'] === 'True'
}

/** Milliseconds until a ready Pod counts as available; 0 when it does, undefined when it is not ready. */
export function availableInMs(pod: KubernetesObject, minReadySeconds: number, nowMs: number): number | undefined {
  if (!isReady(pod)) return undefined
  const sinceMs = Date.parse(textOf(readyCondition(pod)?.['lastTransitionTime']) ?? '')
  return Number.isNaN(sinceMs) || minReadySeconds === 0 ? 0 : Math.max(0, sinceMs + minReadySeconds * 1000 - nowMs)
}

/** Which Pod goes first when there are too many: unassigned, not ready, then the youngest. */
export function byDeletionOrder(a: KubernetesObject, b: KubernetesObject): number {
  const rank = (pod: KubernetesObject): number =>
    fieldsOf(pod['spec'])['nodeName'] === undefined ? 0 : phaseOf(pod) !== 'Running' ? 1 : isReady(pod) ? 3 : 2
  const difference = rank(a) - rank(b)
  if (difference !== 0) return difference
  return (b.metadata.creationTimestamp ?? '').localeCompare(a.metadata.creationTimestamp ?? '')
}
