/** The annotation sidecar.istio.io/status: names of everything injection added, so that the next injection can take it out first. */
import { annotation } from './annotations.js'
import { isJsonObject } from './json.js'
import { restoreOverrides } from './overrides.js'
import { proxyContainerName, type Container, type Pod } from './pod-spec.js'
import { probersEnv, restoreProbes } from './probes.js'
import { prometheusEnv, restorePrometheus } from './prometheus.js'

export interface InjectionStatus {
  readonly initContainers: readonly string[]
  readonly containers: readonly string[]
  readonly volumes: readonly string[]
  readonly imagePullSecrets: readonly string[]
  readonly revision: string
}

/** Go's encoding: an empty list is null. */
export function formatStatus(status: InjectionStatus): string {
  const names = (list: readonly string[]): readonly string[] | null => (list.length === 0 ? null : list)
  return JSON.stringify({
    initContainers: names(status.initContainers),
    containers: names(status.containers),
    volumes: names(status.volumes),
    imagePullSecrets: names(status.imagePullSecrets),
    revision: status.revision,
  })
}

export type StripResult = 'not-injected' | 'stripped' | 'unreadable'

/**
 * Takes an earlier injection out of a Pod, in place: what the status names goes, rewritten probes, scrape annotations and the user's own containers
 * come back. Switching between native and classic, or to other settings, then gives what a first injection gives.
 */
export function stripInjection(pod: Pod): StripResult {
  const text = pod.metadata.annotations?.[annotation.status]
  if (text === undefined) return 'not-injected'
  const status = readStatus(text)
  delete pod.metadata.annotations?.[annotation.status]
  if (status === undefined) return 'unreadable'
  const injected = [...status.containers, ...status.initContainers]
  const proxy = proxyOf(pod)
  removeNamed(pod, status, injected)
  restorePrometheus(pod.metadata, envOf(proxy, prometheusEnv))
  const probers = envOf(proxy, probersEnv)
  if (probers !== undefined) restoreProbes(pod.spec, probers)
  restoreOverrides(pod)
  delete pod.metadata.annotations?.[annotation.proxyOverrides]
  return 'stripped'
}

function removeNamed(pod: Pod, status: InjectionStatus, injected: readonly string[]): void {
  const { spec } = pod
  spec.containers = spec.containers.filter(({ name }) => !injected.includes(name))
  spec.initContainers = spec.initContainers?.filter(({ name }) => !injected.includes(name)) ?? []
  spec.volumes = spec.volumes?.filter(({ name }) => !status.volumes.includes(name)) ?? []
  spec.imagePullSecrets = spec.imagePullSecrets?.filter(({ name }) => !status.imagePullSecrets.includes(name)) ?? []
  for (const list of ['initContainers', 'volumes', 'imagePullSecrets'] as const) if (spec[list]?.length === 0) delete spec[list]
}

function proxyOf({ spec }: Pod): Container | undefined {
  return [...spec.containers, ...(spec.initContainers ?? [])].find(({ name }) => name === proxyContainerName)
}

function envOf(container: Container | undefined, name: string): string | undefined {
  return container?.env?.find((variable) => variable.name === name)?.value
}

function readStatus(text: string): InjectionStatus | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!isJsonObject(value)) return undefined
  const names = (list: unknown): string[] => (Array.isArray(list) ? list.filter((name): name is string => typeof name === 'string') : [])
  return {
    initContainers: names(value['initContainers']),
    containers: names(value['containers']),
    volumes: names(value['volumes']),
    imagePullSecrets: names(value['imagePullSecrets']),
    revision: typeof value['revision'] === 'string' ? value['revision'] : '',
  }
}
