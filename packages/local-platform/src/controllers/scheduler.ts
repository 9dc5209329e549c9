/** Gives each Pod a ready node: the one this machine's runtime registered. Without one, Pods stay Pending and say why. */
import type { KubernetesObject } from '@heddle/client'
import { timestamp } from '../api/object-metadata.js'
import { fieldsOf, listOf, textMapOf } from '../json-fields.js'
import { type Controller, type ControllerContext, keyOf, splitKey, startController } from './controller.js'
import { nodes, pods } from './resource-types.js'

export function startScheduler(context: ControllerContext): Controller {
  return startController(
    'scheduler',
    [
      { type: pods, keysOf: (pod, isDeleted) => (isDeleted || isAssigned(pod) ? [] : [keyOf(pod)]) },
      { type: nodes, keysOf: () => waitingPods(context) },
    ],
    (key) => assign(key, context),
    context,
  )
}

function isAssigned(pod: KubernetesObject): boolean {
  return fieldsOf(pod['spec'])['nodeName'] !== undefined
}

async function waitingPods({ client }: ControllerContext): Promise<readonly string[]> {
  const { items } = await client.list(pods)
  return items.filter((pod) => !isAssigned(pod)).map(keyOf)
}

async function assign(key: string, context: ControllerContext): Promise<void> {
  const { namespace, name } = splitKey(key)
  const { client, events } = context
  const pod = await client.get(pods, name, namespace)
  if (!pod || isAssigned(pod) || pod.metadata.deletionTimestamp !== undefined) return
  const { items } = await client.list(nodes)
  const node = items.find((candidate) => accepts(candidate, pod))
  if (!node) {
    const reason =
      items.length === 0
        ? 'no nodes available to schedule pods'
        : `0/${items.length} nodes are available: none is ready and matches the node selector.`
    await writeCondition(pod, { status: 'False', reason: 'Unschedulable', message: reason }, context)
    await events.record(pod, 'Warning', 'FailedScheduling', reason)
    return
  }
  const assigned = await client.patch(pods, name, { spec: { nodeName: node.metadata.name } }, namespace)
  await writeCondition(assigned, { status: 'True' }, context)
  await events.record(pod, 'Normal', 'Scheduled', `Successfully assigned ${key} to ${node.metadata.name}`)
}

function accepts(node: KubernetesObject, pod: KubernetesObject): boolean {
  const isReady = listOf(fieldsOf(node['status'])['conditions']).some(
    (condition) => condition['type'] === 'Ready' && condition['status'] === 'True',
  )
  const labels = node.metadata.labels ?? {}
  const wanted = Object.entries(textMapOf(fieldsOf(pod['spec'])['nodeSelector']))
  return isReady && fieldsOf(node['spec'])['unschedulable'] !== true && wanted.every(([key, value]) => labels[key] === value)
}

interface Condition {
  readonly status: 'True' | 'False'
  readonly reason?: string
  readonly message?: string
}

/** The node may already have written its own conditions: they are kept. */
async function writeCondition(pod: KubernetesObject, condition: Condition, { client, clock }: ControllerContext): Promise<void> {
  const { name, namespace } = pod.metadata
  const current = await client.get(pods, name, namespace)
  if (!current) return
  const others = listOf(fieldsOf(current['status'])['conditions']).filter((candidate) => candidate['type'] !== 'PodScheduled')
  const before = listOf(fieldsOf(current['status'])['conditions']).find((candidate) => candidate['type'] === 'PodScheduled')
  if (before?.['status'] === condition.status && before['message'] === condition.message) return
  const scheduled = { type: 'PodScheduled', lastProbeTime: null, lastTransitionTime: timestamp(clock.now()), ...condition }
  await client.patch(pods, name, { status: { conditions: [...others, scheduled] } }, namespace, 'status')
}
