/** How an object goes: at once, after a Pod's grace period, or when its finalizers are done (Kubernetes API concepts, "finalizers"). */
import type { DeleteOptions, KubernetesObject } from '@heddle/client'
import { fieldsOf, numberOf, textOf } from '../json-fields.js'
import { timestamp } from './object-metadata.js'
import type { ResourceKind } from './resource-kind.js'

export interface DeleteRequest {
  readonly gracePeriodSeconds?: number
  readonly propagationPolicy?: DeleteOptions['propagationPolicy']
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string }
  readonly isDryRun?: boolean
}

export const foregroundFinalizer = 'foregroundDeletion'
export const orphanFinalizer = 'orphan'

export function hasFinalizers(object: KubernetesObject): boolean {
  if ((object.metadata.finalizers ?? []).length > 0) return true
  const held = object.kind === 'Namespace' ? fieldsOf(object['spec'])['finalizers'] : undefined
  return Array.isArray(held) && held.length > 0
}

/** The object with its deletion recorded; the caller removes it when nothing holds it any more. */
export function markDeleted(kind: ResourceKind, object: KubernetesObject, request: DeleteRequest, nowMs: number): KubernetesObject {
  const grace = graceSeconds(kind, object, request)
  const { metadata } = object
  const isShorter = metadata.deletionGracePeriodSeconds === undefined || grace < metadata.deletionGracePeriodSeconds
  if (metadata.deletionTimestamp !== undefined && !isShorter) return object
  return {
    ...object,
    metadata: {
      ...metadata,
      deletionTimestamp: timestamp(nowMs + grace * 1000),
      deletionGracePeriodSeconds: grace,
      ...(kind.hasGeneration && { generation: (metadata.generation ?? 0) + 1 }),
      ...withPropagation(metadata.finalizers ?? [], request.propagationPolicy),
    },
    ...(object.kind === 'Namespace' && { status: { ...fieldsOf(object['status']), phase: 'Terminating' } }),
  }
}

function withPropagation(
  finalizers: readonly string[],
  policy: DeleteRequest['propagationPolicy'],
): { readonly finalizers?: readonly string[] } {
  const extra = policy === 'Foreground' ? foregroundFinalizer : policy === 'Orphan' ? orphanFinalizer : undefined
  if (extra === undefined || finalizers.includes(extra)) return {}
  return { finalizers: [...finalizers, extra] }
}

/** Only a Pod that a node runs gets time: its node ends the processes and then deletes it with 0 seconds. */
function graceSeconds(kind: ResourceKind, object: KubernetesObject, request: DeleteRequest): number {
  if (kind.group !== '' || kind.plural !== 'pods') return 0
  const spec = fieldsOf(object['spec'])
  const phase = textOf(fieldsOf(object['status'])['phase'])
  if (textOf(spec['nodeName']) === undefined || phase === 'Succeeded' || phase === 'Failed') return 0
  return Math.max(0, request.gracePeriodSeconds ?? numberOf(spec['terminationGracePeriodSeconds']) ?? 30)
}
