/** What a template gets to see of a Pod and its mesh, and what it adds to it; `sidecar` and `gateway` are the two templates of Istio that Heddle knows. */
import { annotation } from './annotations.js'
import type { JsonObject } from './json.js'
import type { Container, NamedItem, Pod } from './pod-spec.js'
import type { PodProxyConfig } from './proxy-config.js'
import type { ResolvedSettings } from './settings.js'
import type { Workload } from './workload.js'

export interface TemplateInput {
  /** The Pod without anything an earlier injection added. */
  readonly pod: Pod
  readonly workload: Workload
  readonly settings: ResolvedSettings
  readonly proxyConfig: PodProxyConfig
  readonly isNative: boolean
}

export interface TemplateOutput {
  readonly initContainers: Container[]
  readonly containers: Container[]
  readonly volumes: NamedItem[]
  /** Set on the Pod's securityContext where the Pod says nothing. */
  readonly securityContext?: JsonObject
  /** Written over the Pod's. */
  readonly annotations: Readonly<Record<string, string>>
  /** Written where the Pod has none. */
  readonly defaultAnnotations: Readonly<Record<string, string>>
  readonly defaultLabels: Readonly<Record<string, string>>
}

/** The Pod's annotation when it is there, even if empty; else the mesh's value. */
export function annotated(input: TemplateInput, name: string, fallback: string): string {
  return input.pod.metadata.annotations?.[name] ?? fallback
}

/** The port of the agent's health server; "0" when it is off. */
export function statusPortOf(input: TemplateInput): string {
  return annotated(input, annotation.statusPort, String(input.settings.statusPort))
}

/** hub/name:tag with Istio's `-debug` or `-distroless` suffix for an image type; a name with a slash is a whole reference. */
export function imageOf(input: TemplateInput): string {
  const { hub, tag, proxyImage } = input.settings
  const name = annotated(input, annotation.proxyImage, proxyImage)
  if (name.includes('/')) return name
  const type = annotated(input, annotation.proxyImageType, input.proxyConfig.imageType ?? '')
  return `${hub}/${name}:${type === '' || type === 'default' ? tag : `${tag}-${type}`}`
}

export function pullPolicyOf(settings: ResolvedSettings): { imagePullPolicy?: string } {
  return settings.imagePullPolicy === undefined || settings.imagePullPolicy === '' ? {} : { imagePullPolicy: settings.imagePullPolicy }
}
