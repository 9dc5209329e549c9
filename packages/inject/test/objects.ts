/** Objects the tests start from, and short ways to look into injected ones. */
import { injectObject, type InjectSettings, type JsonObject } from '../src/index.js'
import type { Container, Pod, PodSpec } from '../src/pod-spec.js'

export function podWith(spec: object = {}, metadata: object = {}): JsonObject {
  const containers = [{ name: 'app', image: 'example.org/app:1', ports: [{ name: 'http', containerPort: 8080 }] }]
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'demo', ...metadata }, spec: { containers, ...spec } } as JsonObject
}

export function annotatedPod(annotations: Readonly<Record<string, string>>, spec: object = {}): JsonObject {
  return podWith(spec, { annotations })
}

export function injectPodObject(object: JsonObject, settings: InjectSettings = {}): Pod {
  return injectObject(object, settings).object as unknown as Pod
}

export function allContainers({ containers, initContainers = [] }: PodSpec): Container[] {
  return [...initContainers, ...containers]
}

export function containerOf(pod: Pod, name: string): Container {
  const found = allContainers(pod.spec).find((container) => container.name === name)
  if (!found) throw new Error(`no container ${name}`)
  return found
}

export function envOf(pod: Pod, name: string, container = 'istio-proxy'): string | undefined {
  return containerOf(pod, container).env?.find((variable) => variable.name === name)?.value
}

export function namesOf(items: readonly { readonly name: string }[] | undefined): string[] {
  return (items ?? []).map(({ name }) => name)
}
