/**
 * A rolled-out Deployment is of use when its callers have heard of it. The way of that news (EndpointSlice, control plane,
 * proxies) takes some tens of milliseconds after the Pods are ready, in which a first request meets 503: Kubernetes calls this
 * eventual consistency, load balancers close the gap with readiness gates, and `rollout status` closes it here by asking the
 * proxies themselves. Only on the local mesh, where they can be asked, and only for a moment: the rollout is done either way.
 */
import { type Clock, delay } from '@heddle/base'
import type { KubernetesObject } from '@heddle/client/resources'
import { type ConfigDump, dumpTable, resourcesOf } from '../output/config-dump.js'
import { getFromPod } from './pod-http.js'
import { podIpOf, podsWith, selectorText } from './pods.js'
import { pods, services } from './resource-types.js'
import type { Target } from './target.js'

const adminPort = 15000
const pollMs = 20
/** A proxy that has not heard by then has other troubles. */
const maxWaitMs = 5000

/** Resolves when every ready proxy knows the Deployment's Pods in the Services that select them, or it takes too long. */
export async function untilProxiesKnow(target: Target, deployment: KubernetesObject, clock: Clock, signal: AbortSignal): Promise<void> {
  if (target.stateFolder === undefined) return
  const ready = (await podsWith(target, selectorText(deployment))).filter(isReady)
  const addresses = ready.flatMap((pod) => podIpOf(pod) ?? [])
  const selecting = await servicesOf(target, ready[0])
  if (addresses.length === 0 || selecting.length === 0) return
  const everybody = (await target.client.list(pods)).items
  let open = everybody.filter((pod) => hasProxy(pod) && isReady(pod))
  const deadlineMs = clock.monotonicMs() + maxWaitMs
  for (;;) {
    const knows = await Promise.all(open.map((pod) => hasHeard(target, pod, selecting, addresses)))
    open = open.filter((_, index) => !knows[index])
    if (open.length === 0 || clock.monotonicMs() > deadlineMs) return
    await delay(clock, pollMs, signal)
  }
}

/** One that cannot be asked is not waited for. */
async function hasHeard(target: Target, proxy: KubernetesObject, hosts: readonly string[], addresses: readonly string[]): Promise<boolean> {
  try {
    const dump = JSON.parse(await getFromPod(target, proxy, adminPort, '/config_dump?include_eds')) as ConfigDump
    return knowsEndpoints(dump, hosts, addresses)
  } catch {
    return true
  }
}

/** Whether a proxy has the addresses in each cluster of the hosts that it has at all; subsets may leave some out. */
export function knowsEndpoints(dump: ConfigDump, hosts: readonly string[], addresses: readonly string[]): boolean {
  const endpoints = dumpTable(dump, 'endpoints').rows
  return resourcesOf(dump, 'clusters')
    .map(({ name }) => String(name))
    .filter((name) => {
      const [direction, , subset, host = ''] = name.split('|')
      return direction === 'outbound' && subset === '' && hosts.some((prefix) => host.startsWith(prefix))
    })
    .every((name) => {
      const known = new Set(endpoints.filter((row) => row[3] === name).map((row) => row[0]?.replace(/:\d+$/, '')))
      return addresses.every((address) => known.has(address))
    })
}

/** How the hosts begin of the Services that select the Pod: `web.default.svc.`. */
async function servicesOf({ client, namespace }: Target, pod: KubernetesObject | undefined): Promise<readonly string[]> {
  const labels = pod?.metadata.labels ?? {}
  const { items } = await client.list(services, { namespace })
  return items
    .filter((service) => {
      const selector = Object.entries((service['spec'] as { readonly selector?: Readonly<Record<string, string>> }).selector ?? {})
      return selector.length > 0 && selector.every(([key, value]) => labels[key] === value)
    })
    .map(({ metadata }) => `${metadata.name}.${namespace}.svc.`)
}

interface PodView {
  readonly spec: {
    readonly containers: readonly { readonly name: string }[]
    readonly initContainers?: readonly { readonly name: string }[]
  }
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] }
}

function hasProxy(pod: KubernetesObject): boolean {
  const { containers, initContainers = [] } = (pod as unknown as PodView).spec
  return [...containers, ...initContainers].some(({ name }) => name === 'istio-proxy')
}

function isReady(pod: KubernetesObject): boolean {
  const { conditions = [] } = (pod as unknown as PodView).status ?? {}
  return pod.metadata.deletionTimestamp === undefined && conditions.some(({ type, status }) => type === 'Ready' && status === 'True')
}
