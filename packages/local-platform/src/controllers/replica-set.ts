/** ReplicaSets: as many Pods of the template as asked for, and a status that says how they do. */
import type { KubernetesObject } from '@heddle/client'
import { messageOf } from '@heddle/base'
import { fieldsOf, numberOf, sameJson, textMapOf } from '../json-fields.js'
import {
  type Controller,
  type ControllerContext,
  isOwnedBy,
  keyOf,
  ownerKey,
  ownerReference,
  splitKey,
  startController,
} from './controller.js'
import { availableInMs, byDeletionOrder, isActive, isReady } from './pod-state.js'
import { pods, replicaSets } from './resource-types.js'

/** Most Pods made or removed in one pass, as in Kubernetes. */
const burst = 500

export function startReplicaSetController(context: ControllerContext): Controller {
  return startController(
    'replicaset',
    [
      { type: replicaSets, keysOf: (set) => [keyOf(set)] },
      { type: pods, keysOf: (pod) => ownerKey(pod, 'ReplicaSet') },
    ],
    (key) => reconcile(key, context),
    context,
  )
}

async function reconcile(key: string, context: ControllerContext): Promise<number | void> {
  const { namespace, name } = splitKey(key)
  const set = await context.client.get(replicaSets, name, namespace)
  if (!set) return undefined
  const { items } = await context.client.list(pods, { namespace })
  const owned = items.filter((pod) => isOwnedBy(pod, set) && isActive(pod))
  if (set.metadata.deletionTimestamp === undefined) await scale(set, owned, context)
  return writeStatus(set, context)
}

async function scale(set: KubernetesObject, owned: readonly KubernetesObject[], context: ControllerContext): Promise<void> {
  const wanted = numberOf(fieldsOf(set['spec'])['replicas']) ?? 1
  for (let made = owned.length; made < Math.min(wanted, owned.length + burst); made++) await createPod(set, context)
  if (owned.length <= wanted) return
  const surplus = [...owned].sort(byDeletionOrder).slice(0, Math.min(owned.length - wanted, burst))
  for (const pod of surplus) {
    await context.client.delete(pods, pod.metadata.name, pod.metadata.namespace)
    await context.events.record(set, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`)
  }
}

async function createPod(set: KubernetesObject, { client, events }: ControllerContext): Promise<void> {
  const template = fieldsOf(fieldsOf(set['spec'])['template'])
  const metadata = fieldsOf(template['metadata'])
  try {
    const pod = await client.create(pods, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: '',
        generateName: `${set.metadata.name}-`,
        namespace: set.metadata.namespace ?? '',
        labels: textMapOf(metadata['labels']),
        annotations: textMapOf(metadata['annotations']),
        ownerReferences: [ownerReference(set)],
      },
      spec: template['spec'],
    })
    await events.record(set, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`)
  } catch (error) {
    await events.record(set, 'Warning', 'FailedCreate', `Error creating: ${messageOf(error)}`)
    throw error
  }
}

/** Resolves with the time after which a Pod that is ready now counts as available. */
async function writeStatus(set: KubernetesObject, { client, clock }: ControllerContext): Promise<number | void> {
  const { items } = await client.list(pods, { namespace: set.metadata.namespace ?? '' })
  const owned = items.filter((pod) => isOwnedBy(pod, set) && isActive(pod))
  const minReadySeconds = numberOf(fieldsOf(set['spec'])['minReadySeconds']) ?? 0
  const waits = owned.map((pod) => availableInMs(pod, minReadySeconds, clock.now())).filter((ms) => ms !== undefined)
  const status = {
    replicas: owned.length,
    fullyLabeledReplicas: owned.length,
    readyReplicas: owned.filter(isReady).length,
    availableReplicas: waits.filter((ms) => ms === 0).length,
    observedGeneration: set.metadata.generation ?? 1,
  }
  if (!sameJson(set['status'], status)) await client.patch(replicaSets, set.metadata.name, { status }, set.metadata.namespace, 'status')
  const next = waits.filter((ms) => ms > 0)
  return next.length > 0 ? Math.min(...next) : undefined
}
