/** A platform in a temporary folder with an HTTPS client, and waiting for a state instead of sleeping. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createResourceClient, type KubernetesObject, type ResourceClient, type ResourceType } from '@heddle/client'
import { createPlatform, type Platform, type PlatformAccess } from '../src/platform.js'

export interface PlatformHarness {
  readonly platform: Platform
  readonly access: PlatformAccess
  /** Over HTTPS, with the administrator's token. */
  readonly client: ResourceClient
  readonly stateDir: string
  close(): Promise<void>
}

type TypeName =
  | 'configMaps'
  | 'definitions'
  | 'deployments'
  | 'endpointSlices'
  | 'events'
  | 'namespaces'
  | 'nodes'
  | 'pods'
  | 'replicaSets'
  | 'secrets'
  | 'serviceAccounts'
  | 'services'

export const types: Readonly<Record<TypeName, ResourceType>> = {
  configMaps: { group: '', version: 'v1', plural: 'configmaps' },
  definitions: { group: 'apiextensions.k8s.io', version: 'v1', plural: 'customresourcedefinitions' },
  deployments: { group: 'apps', version: 'v1', plural: 'deployments' },
  endpointSlices: { group: 'discovery.k8s.io', version: 'v1', plural: 'endpointslices' },
  events: { group: '', version: 'v1', plural: 'events' },
  namespaces: { group: '', version: 'v1', plural: 'namespaces' },
  nodes: { group: '', version: 'v1', plural: 'nodes' },
  pods: { group: '', version: 'v1', plural: 'pods' },
  replicaSets: { group: 'apps', version: 'v1', plural: 'replicasets' },
  secrets: { group: '', version: 'v1', plural: 'secrets' },
  serviceAccounts: { group: '', version: 'v1', plural: 'serviceaccounts' },
  services: { group: '', version: 'v1', plural: 'services' },
}

export async function startHarness(stateDir: string = temporaryFolder()): Promise<PlatformHarness> {
  const platform = createPlatform({ stateDir, port: 0 })
  const access = await platform.start()
  const client = createResourceClient({
    server: access.server,
    certificateAuthority: access.certificateAuthority,
    token: access.adminToken,
  })
  await until(client, types.serviceAccounts, (accounts) => accounts.some(({ metadata }) => metadata.namespace === 'default'))
  return {
    platform,
    access,
    client,
    stateDir,
    async close() {
      await client.close()
      await platform.close()
      rmSync(stateDir, { recursive: true, force: true })
    },
  }
}

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'heddle-platform-'))
}

/** Resolves with the objects of a type as soon as they satisfy `holds`. */
export function until(
  client: ResourceClient,
  type: ResourceType,
  holds: (objects: readonly KubernetesObject[]) => boolean,
): Promise<readonly KubernetesObject[]> {
  return new Promise((resolve) => {
    const informer = client.watch(type, {
      onEvent: () => {
        if (!informer.isSynced || !holds(informer.list())) return
        resolve(informer.list())
        void informer.close()
      },
    })
  })
}

export function configMap(name: string, data: Record<string, string> = {}, namespace: string = 'default'): KubernetesObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data }
}

export function deployment(name: string, replicas: number, version: string = 'v1'): KubernetesObject {
  const labels = { app: name }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'default' },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: 'app', image: `app:${version}`, ports: [{ name: 'web', containerPort: 8080 }] }] },
      },
    },
  }
}

export interface FakeNode {
  close(): Promise<void>
}

/** Stands in for the runtime: a ready Node whose Pods are ready at once and gone when asked. */
export async function startFakeNode(
  client: ResourceClient,
  annotations: (pod: KubernetesObject) => Record<string, string> = () => ({}),
): Promise<FakeNode> {
  await client.create(types.nodes, {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'test-node' },
  })
  await client.patch(types.nodes, 'test-node', { status: { conditions: [{ type: 'Ready', status: 'True' }] } }, undefined, 'status')
  let nextHost = 1
  const work = new Set<Promise<unknown>>()
  const run = async (pod: KubernetesObject): Promise<void> => {
    const { name, namespace, deletionTimestamp } = pod.metadata
    if (deletionTimestamp !== undefined) return client.delete(types.pods, name, namespace, { gracePeriodSeconds: 0 }).catch(() => undefined)
    if ((pod['status'] as { phase?: string } | undefined)?.phase === 'Running') return
    const extra = annotations(pod)
    if (Object.keys(extra).length > 0) await client.patch(types.pods, name, { metadata: { annotations: extra } }, namespace)
    const status = {
      phase: 'Running',
      podIP: `127.77.0.${nextHost++}`,
      conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' }],
      containerStatuses: [{ name: 'app', ready: true, restartCount: 0, state: { running: {} } }],
    }
    await client.patch(types.pods, name, { status }, namespace, 'status').catch(() => undefined)
  }
  const informer = client.watch(types.pods, {
    fieldSelector: 'spec.nodeName=test-node',
    onEvent: (event) => {
      if (event.type !== 'applied') return
      const job: Promise<unknown> = run(event.object).finally(() => work.delete(job))
      work.add(job)
    },
  })
  return {
    async close() {
      await informer.close()
      await Promise.all(work)
    },
  }
}
