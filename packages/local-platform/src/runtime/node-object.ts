/** The Node (core/v1) that stands for this machine: the scheduler gives Pods only to a Node that says it is ready. */
import { arch, availableParallelism, hostname, platform, release, totalmem } from 'node:os'
import type { Clock } from '@heddle/base'
import { type KubernetesObject, type ResourceClient, type ResourceType, statusOf } from '@heddle/client'

const nodes: ResourceType = { group: '', version: 'v1', plural: 'nodes' }
const maxPods = 250

export interface NodeSettings {
  readonly name: string
  readonly address: string
  /** Shown as kubelet version. */
  readonly version: string
}

/** Makes or renews the Node and marks it ready, or not. */
export async function registerNode(client: ResourceClient, settings: NodeSettings, isReady: boolean, clock: Clock): Promise<void> {
  const node = nodeObject(settings)
  if (!(await client.get(nodes, settings.name))) await createOnce(client, node)
  await client.patch(nodes, settings.name, { status: nodeStatus(settings, isReady, clock) }, undefined, 'status')
}

async function createOnce(client: ResourceClient, node: KubernetesObject): Promise<void> {
  try {
    await client.create(nodes, node)
  } catch (error) {
    if (statusOf(error)?.reason !== 'AlreadyExists') throw error
  }
}

function nodeObject({ name }: NodeSettings): KubernetesObject {
  const labels = { 'kubernetes.io/hostname': name, 'kubernetes.io/os': platform(), 'kubernetes.io/arch': goArchitecture() }
  return { apiVersion: 'v1', kind: 'Node', metadata: { name, labels }, spec: {} }
}

function nodeStatus({ address, version }: NodeSettings, isReady: boolean, clock: Clock): object {
  const time = new Date(clock.now()).toISOString().replace(/\.\d{3}Z$/, 'Z')
  const size = { cpu: String(availableParallelism()), memory: `${Math.floor(totalmem() / 1024)}Ki`, pods: String(maxPods) }
  const ready = isReady
    ? { status: 'True', reason: 'KubeletReady', message: 'the runtime runs Pods as local processes' }
    : { status: 'False', reason: 'KubeletNotReady', message: 'the runtime is stopped' }
  return {
    conditions: [{ type: 'Ready', lastHeartbeatTime: time, lastTransitionTime: time, ...ready }],
    addresses: [
      { type: 'InternalIP', address },
      { type: 'Hostname', address: hostname() },
    ],
    capacity: size,
    allocatable: size,
    nodeInfo: {
      architecture: goArchitecture(),
      operatingSystem: platform(),
      kernelVersion: release(),
      osImage: `Node.js ${process.version}`,
      containerRuntimeVersion: `heddle://${version}`,
      kubeletVersion: `v${version}`,
      kubeProxyVersion: `v${version}`,
      machineID: '',
      systemUUID: '',
      bootID: '',
    },
  }
}

/** Kubernetes names architectures as Go does. */
function goArchitecture(): string {
  const name = arch()
  return name === 'x64' ? 'amd64' : name === 'ia32' ? '386' : name
}
