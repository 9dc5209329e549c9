/** Deployments: a ReplicaSet for each template, rolled from the old ones to the new one, with revisions kept for undo. */
import { createHash } from 'node:crypto'
import type { KubernetesObject } from '@heddle/client'
import { type Fields, fieldsOf, numberOf, sameJson, textMapOf } from '../json-fields.js'
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
import { deploymentStatus } from './deployment-status.js'
import { deployments, pods, replicaSets } from './resource-types.js'
import { planRollout, type SetState } from './rollout-plan.js'

const hashLabel = 'pod-template-hash'
const revisionAnnotation = 'deployment.kubernetes.io/revision'

export function startDeploymentController(context: ControllerContext): Controller {
  return startController(
    'deployment',
    [
      { type: deployments, keysOf: (deployment) => [keyOf(deployment)] },
      { type: replicaSets, keysOf: (set) => ownerKey(set, 'Deployment') },
      // Recreate goes on when the last old Pod is gone.
      { type: pods, keysOf: (pod, isDeleted) => (isDeleted ? deploymentOfPod(pod, context) : []) },
    ],
    (key) => reconcile(key, context),
    context,
  )
}

async function deploymentOfPod(pod: KubernetesObject, { client }: ControllerContext): Promise<readonly string[]> {
  const [key] = ownerKey(pod, 'ReplicaSet')
  if (key === undefined) return []
  const { namespace, name } = splitKey(key)
  const set = await client.get(replicaSets, name, namespace)
  return set ? ownerKey(set, 'Deployment') : []
}

async function reconcile(key: string, context: ControllerContext): Promise<number | void> {
  const { namespace, name } = splitKey(key)
  const { client } = context
  const deployment = await client.get(deployments, name, namespace)
  if (!deployment || deployment.metadata.deletionTimestamp !== undefined) return undefined
  const owned = await ownedSets(deployment, context)
  const newSet = await findOrCreateSet(deployment, owned, context)
  const oldSets = owned.filter((set) => set.metadata.uid !== newSet.metadata.uid).sort(byRevision)
  if (fieldsOf(deployment['spec'])['paused'] !== true) await rollOut(deployment, newSet, oldSets, context)
  return writeStatus(deployment, newSet.metadata.name, context)
}

async function ownedSets(deployment: KubernetesObject, { client }: ControllerContext): Promise<readonly KubernetesObject[]> {
  const { items } = await client.list(replicaSets, { namespace: deployment.metadata.namespace ?? '' })
  return items.filter((set) => isOwnedBy(set, deployment) && set.metadata.deletionTimestamp === undefined)
}

const revisionOf = (object: KubernetesObject): number => Number(object.metadata.annotations?.[revisionAnnotation] ?? 0)
const byRevision = (a: KubernetesObject, b: KubernetesObject): number => revisionOf(a) - revisionOf(b)
const templateOf = (object: KubernetesObject): Fields => fieldsOf(fieldsOf(object['spec'])['template'])

/** The set of the present template; an old one with the same template is taken up again (rollout undo). */
async function findOrCreateSet(
  deployment: KubernetesObject,
  owned: readonly KubernetesObject[],
  context: ControllerContext,
): Promise<KubernetesObject> {
  const template = templateOf(deployment)
  const existing = owned.find((set) => sameJson(withoutHash(templateOf(set)), template))
  const newest = Math.max(0, ...owned.filter((set) => set !== existing).map(revisionOf))
  const revision = existing && revisionOf(existing) > newest ? revisionOf(existing) : newest + 1
  const set = existing ?? (await createSet(deployment, template, context))
  await noteRevision(replicaSets, set, revision, context)
  await noteRevision(deployments, deployment, revision, context)
  return set
}

async function noteRevision(
  type: typeof deployments,
  object: KubernetesObject,
  revision: number,
  { client }: ControllerContext,
): Promise<void> {
  if (revisionOf(object) === revision) return
  const metadata = { annotations: { [revisionAnnotation]: String(revision) } }
  await client.patch(type, object.metadata.name, { metadata }, object.metadata.namespace)
}

async function createSet(deployment: KubernetesObject, template: Fields, { client }: ControllerContext): Promise<KubernetesObject> {
  const hash = templateHash(template, numberOf(fieldsOf(deployment['status'])['collisionCount']))
  const metadata = fieldsOf(template['metadata'])
  const labels = { ...textMapOf(metadata['labels']), [hashLabel]: hash }
  const spec = fieldsOf(deployment['spec'])
  const selector = fieldsOf(spec['selector'])
  return client.create(replicaSets, {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${deployment.metadata.name}-${hash}`,
      namespace: deployment.metadata.namespace ?? '',
      labels,
      annotations: { 'deployment.kubernetes.io/desired-replicas': String(numberOf(spec['replicas']) ?? 1) },
      ownerReferences: [ownerReference(deployment)],
    },
    spec: {
      replicas: 0,
      ...(spec['minReadySeconds'] !== undefined && { minReadySeconds: spec['minReadySeconds'] }),
      selector: { ...selector, matchLabels: { ...textMapOf(selector['matchLabels']), [hashLabel]: hash } },
      template: { ...template, metadata: { ...metadata, labels } },
    },
  })
}

/** Ten characters without vowels, from the template alone: the same template gives the same Pods' names on every machine. */
export function templateHash(template: unknown, collisions: number = 0): string {
  const alphabet = 'bcdfghjklmnpqrstvwxz2456789'
  const digest = createHash('sha256').update(sortedJson(template)).update(String(collisions)).digest()
  return [...digest.subarray(0, 10)].map((byte) => alphabet[byte % alphabet.length]).join('')
}

function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_key, field: unknown) =>
    typeof field === 'object' && field !== null && !Array.isArray(field)
      ? Object.fromEntries(Object.entries(field).sort(([a], [b]) => (a < b ? -1 : 1)))
      : field,
  )
}

function withoutHash(template: Fields): Fields {
  const metadata = fieldsOf(template['metadata'])
  const labels = Object.fromEntries(Object.entries(textMapOf(metadata['labels'])).filter(([key]) => key !== hashLabel))
  return { ...template, metadata: { ...metadata, labels } }
}

async function rollOut(
  deployment: KubernetesObject,
  newSet: KubernetesObject,
  oldSets: readonly KubernetesObject[],
  context: ControllerContext,
): Promise<void> {
  const spec = fieldsOf(deployment['spec'])
  const strategy = fieldsOf(spec['strategy'])
  const rolling = fieldsOf(strategy['rollingUpdate'])
  const plan = planRollout({
    replicas: numberOf(spec['replicas']) ?? 1,
    maxSurge: rolling['maxSurge'],
    maxUnavailable: rolling['maxUnavailable'],
    isRecreate: strategy['type'] === 'Recreate',
    newSet: stateOf(newSet),
    oldSets: oldSets.map(stateOf),
    oldPods: await countPods(oldSets, context),
  })
  for (const set of [newSet, ...oldSets]) {
    const wanted = plan.get(set.metadata.name)
    if (wanted !== undefined) await scaleSet(deployment, set, wanted, context)
  }
  const limit = numberOf(spec['revisionHistoryLimit']) ?? 10
  const idle = oldSets.filter((set) => stateOf(set).wanted === 0 && (numberOf(fieldsOf(set['status'])['replicas']) ?? 0) === 0)
  for (const set of idle.slice(0, Math.max(0, idle.length - limit)))
    await context.client.delete(replicaSets, set.metadata.name, set.metadata.namespace)
}

function stateOf(set: KubernetesObject): SetState {
  return {
    name: set.metadata.name,
    wanted: numberOf(fieldsOf(set['spec'])['replicas']) ?? 0,
    available: numberOf(fieldsOf(set['status'])['availableReplicas']) ?? 0,
  }
}

async function countPods(sets: readonly KubernetesObject[], { client }: ControllerContext): Promise<number> {
  const namespace = sets[0]?.metadata.namespace
  if (namespace === undefined) return 0
  const { items } = await client.list(pods, { namespace })
  return items.filter((pod) => sets.some((set) => isOwnedBy(pod, set))).length
}

async function scaleSet(
  deployment: KubernetesObject,
  set: KubernetesObject,
  wanted: number,
  { client, events }: ControllerContext,
): Promise<void> {
  const { wanted: before } = stateOf(set)
  await client.patch(replicaSets, set.metadata.name, { spec: { replicas: wanted } }, set.metadata.namespace)
  const direction = wanted > before ? 'up' : 'down'
  await events.record(
    deployment,
    'Normal',
    'ScalingReplicaSet',
    `Scaled ${direction} replica set ${set.metadata.name} from ${before} to ${wanted}`,
  )
}

async function writeStatus(deployment: KubernetesObject, newSetName: string, context: ControllerContext): Promise<number | void> {
  const { client, clock } = context
  const { name, namespace } = deployment.metadata
  const [current, owned] = [await client.get(deployments, name, namespace), await ownedSets(deployment, context)]
  const newSet = owned.find((set) => set.metadata.name === newSetName)
  if (!current || !newSet) return undefined
  const status = deploymentStatus({ deployment: current, newSet, oldSets: owned.filter((set) => set !== newSet), nowMs: clock.now() })
  await client.patch(deployments, name, { status }, namespace, 'status')
  const isProgressing = (status['conditions'] as readonly Fields[]).some((condition) => condition['reason'] === 'ReplicaSetUpdated')
  // Looks again when the deadline may have passed.
  return isProgressing ? ((numberOf(fieldsOf(current['spec'])['progressDeadlineSeconds']) ?? 600) + 1) * 1000 : undefined
}
