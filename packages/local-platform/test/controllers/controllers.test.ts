import type { KubernetesObject } from '@heddle/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  configMap,
  deployment,
  type FakeNode,
  type PlatformHarness,
  startFakeNode,
  startHarness,
  types,
  until,
} from '../platform-harness.js'

let harness: PlatformHarness
let node: FakeNode
beforeAll(async () => {
  harness = await startHarness()
})
afterAll(async () => {
  await node?.close()
  await harness.close()
})

const statusField = (object: KubernetesObject | undefined, field: string): unknown =>
  (object?.['status'] as Record<string, unknown> | undefined)?.[field]
const named = (objects: readonly KubernetesObject[], name: string): KubernetesObject | undefined =>
  objects.find(({ metadata }) => metadata.name === name)
const condition = (object: KubernetesObject | undefined, type: string): { status: string; reason: string } | undefined =>
  (statusField(object, 'conditions') as readonly { type: string; status: string; reason: string }[] | undefined)?.find(
    (candidate) => candidate.type === type,
  )
const podsOf = (objects: readonly KubernetesObject[], app: string): readonly KubernetesObject[] =>
  objects.filter(({ metadata }) => metadata.labels?.['app'] === app)
const isComplete = (object: KubernetesObject | undefined, replicas: number): boolean =>
  statusField(object, 'observedGeneration') === object?.metadata.generation &&
  statusField(object, 'updatedReplicas') === replicas &&
  statusField(object, 'replicas') === replicas &&
  statusField(object, 'availableReplicas') === replicas

describe('without a node', () => {
  it('leaves Pods pending and says why', async () => {
    await harness.client.create(types.deployments, deployment('waiting', 1))
    const events = await until(harness.client, types.events, (all) => all.some((event) => event['reason'] === 'FailedScheduling'))
    expect(events.find((event) => event['reason'] === 'FailedScheduling')).toMatchObject({
      type: 'Warning',
      message: 'no nodes available to schedule pods',
    })
    const [pod] = podsOf((await harness.client.list(types.pods)).items, 'waiting')
    expect(pod).toMatchObject({
      status: { phase: 'Pending' },
      spec: {
        serviceAccountName: 'default',
        containers: [{ volumeMounts: [{ mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' }] }],
      },
    })
  })
})

describe('with a node', () => {
  beforeAll(async () => {
    node = await startFakeNode(harness.client)
  })

  it('runs what waited, and reports a complete rollout truthfully', async () => {
    const all = await until(harness.client, types.deployments, (objects) => isComplete(named(objects, 'waiting'), 1))
    expect(condition(named(all, 'waiting'), 'Available')).toMatchObject({ status: 'True', reason: 'MinimumReplicasAvailable' })
    expect(condition(named(all, 'waiting'), 'Progressing')).toMatchObject({ status: 'True', reason: 'NewReplicaSetAvailable' })
  })

  it('rolls to a new template without going below the wanted availability', async () => {
    const { client } = harness
    await client.create(types.deployments, deployment('rolling', 4))
    await until(client, types.deployments, (objects) => isComplete(named(objects, 'rolling'), 4))
    let fewestReady = Infinity
    const ready = (pod: KubernetesObject): boolean =>
      pod.metadata.deletionTimestamp === undefined && statusField(pod, 'phase') === 'Running'
    const informer = client.watch(types.pods, {
      labelSelector: 'app=rolling',
      onEvent: () => {
        if (informer.isSynced) fewestReady = Math.min(fewestReady, informer.list().filter(ready).length)
      },
    })
    await client.update(types.deployments, deployment('rolling', 4, 'v2'))
    const all = await until(
      client,
      types.deployments,
      (objects) => named(objects, 'rolling')?.metadata.generation === 2 && isComplete(named(objects, 'rolling'), 4),
    )
    await until(client, types.pods, (pods) => podsOf(pods, 'rolling').length === 4)
    await informer.close()
    expect(fewestReady).toBeGreaterThanOrEqual(3)
    expect(named(all, 'rolling')?.metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('2')
    const sets = (await client.list(types.replicaSets)).items.filter(({ metadata }) => metadata.labels?.['app'] === 'rolling')
    expect(sets.map((set) => (set['spec'] as { replicas: number }).replicas).sort((a, b) => a - b)).toEqual([0, 4])
    for (const pod of podsOf((await client.list(types.pods)).items, 'rolling'))
      expect(pod).toMatchObject({ spec: { containers: [{ image: 'app:v2' }] } })
  })

  it('takes an old ReplicaSet up again when its template comes back', async () => {
    const { client } = harness
    await client.update(types.deployments, deployment('rolling', 4, 'v1'))
    await until(
      client,
      types.deployments,
      (objects) => named(objects, 'rolling')?.metadata.generation === 3 && isComplete(named(objects, 'rolling'), 4),
    )
    const sets = (await client.list(types.replicaSets)).items.filter(({ metadata }) => metadata.labels?.['app'] === 'rolling')
    expect(sets).toHaveLength(2)
  })

  it('restarts every Pod when the template is annotated', async () => {
    const { client } = harness
    const before = podsOf((await client.list(types.pods)).items, 'waiting').map(({ metadata }) => metadata.uid)
    const template = { metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': '2026-01-01T00:00:00Z' } } }
    await client.patch(types.deployments, 'waiting', { spec: { template } }, 'default')
    await until(
      client,
      types.pods,
      (pods) => podsOf(pods, 'waiting').length === 1 && podsOf(pods, 'waiting').every(({ metadata }) => !before.includes(metadata.uid)),
    )
  })

  it('replaces a Pod that was deleted, and scales down', async () => {
    const { client } = harness
    const [victim] = podsOf((await client.list(types.pods)).items, 'rolling')
    await client.delete(types.pods, victim!.metadata.name, 'default')
    await until(client, types.pods, (pods) => podsOf(pods, 'rolling').length === 4 && !named(pods, victim!.metadata.name))
    await client.patch(types.deployments, 'rolling', { spec: { replicas: 1 } }, 'default', 'scale')
    await until(client, types.pods, (pods) => podsOf(pods, 'rolling').length === 1)
  })

  it('keeps the EndpointSlices of a Service in step with its Pods', async () => {
    const { client } = harness
    const spec = { selector: { app: 'waiting' }, ports: [{ name: 'http', port: 80, targetPort: 'web' }] }
    await client.create(types.services, { apiVersion: 'v1', kind: 'Service', metadata: { name: 'waiting', namespace: 'default' }, spec })
    const readyIn = (slices: readonly KubernetesObject[]): number =>
      slices
        .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === 'waiting')
        .flatMap((slice) =>
          (slice['endpoints'] as readonly { conditions: { ready: boolean } }[]).filter(({ conditions }) => conditions.ready),
        ).length
    await until(client, types.endpointSlices, (slices) => readyIn(slices) === 1)
    await client.patch(types.deployments, 'waiting', { spec: { replicas: 3 } }, 'default')
    await until(client, types.endpointSlices, (slices) => readyIn(slices) === 3)
    await client.patch(types.deployments, 'waiting', { spec: { replicas: 0 } }, 'default')
    await until(client, types.endpointSlices, (slices) => readyIn(slices) === 0)
    await client.delete(types.services, 'waiting', 'default')
    await until(
      client,
      types.endpointSlices,
      (slices) => !slices.some(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === 'waiting'),
    )
  })

  it('removes everything a deleted Deployment owned', async () => {
    const { client } = harness
    await client.delete(types.deployments, 'rolling', 'default')
    await until(client, types.replicaSets, (sets) => !sets.some(({ metadata }) => metadata.labels?.['app'] === 'rolling'))
    await until(client, types.pods, (pods) => podsOf(pods, 'rolling').length === 0)
  })

  it('removes dependents first in the foreground, and keeps them as orphans', async () => {
    const { client } = harness
    const owner = await client.create(types.configMaps, configMap('owner'))
    const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: owner.metadata.uid! }]
    await client.create(types.configMaps, {
      ...configMap('dependent'),
      metadata: { name: 'dependent', namespace: 'default', ownerReferences },
    })
    await client.delete(types.configMaps, 'owner', 'default', { propagationPolicy: 'Orphan' })
    await until(client, types.configMaps, (maps) => !named(maps, 'owner'))
    expect((await client.get(types.configMaps, 'dependent', 'default'))?.metadata.ownerReferences).toBeUndefined()

    const second = await client.create(types.configMaps, configMap('owner'))
    await client.patch(
      types.configMaps,
      'dependent',
      { metadata: { ownerReferences: [{ ...ownerReferences[0], uid: second.metadata.uid }] } },
      'default',
    )
    await client.delete(types.configMaps, 'owner', 'default', { propagationPolicy: 'Foreground' })
    await until(client, types.configMaps, (maps) => !named(maps, 'owner') && !named(maps, 'dependent'))
  })

  it('says that it does not run a DaemonSet', async () => {
    const { client } = harness
    const { spec } = deployment('daemon', 1) as unknown as { spec: Record<string, unknown> }
    const { replicas: _replicas, ...rest } = spec
    await client.create(
      { group: 'apps', version: 'v1', plural: 'daemonsets' },
      { apiVersion: 'apps/v1', kind: 'DaemonSet', metadata: { name: 'daemon', namespace: 'default' }, spec: rest },
    )
    await until(client, types.events, (events) => events.some((event) => event['reason'] === 'NotSupported'))
  })
})
