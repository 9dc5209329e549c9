/** The parts of a Kubernetes Pod that injection reads or writes; everything else travels along untouched. Shapes are checked once, in shape-check.ts. */
import type { JsonObject, JsonValue } from './json.js'

export interface Metadata extends JsonObject {
  name?: string
  generateName?: string
  namespace?: string
  labels?: Record<string, string>
  annotations?: Record<string, string>
}

export interface EnvVar extends JsonObject {
  name: string
  value?: string
}

export interface ContainerPort extends JsonObject {
  name?: string
  containerPort?: number
}

export interface HttpGetAction extends JsonObject {
  path?: string
  port: number | string
  host?: string
  scheme?: string
  httpHeaders?: JsonValue[]
}

/** A Probe or a lifecycle handler: both hold one action. */
export interface Action extends JsonObject {
  httpGet?: HttpGetAction
  tcpSocket?: JsonObject
  grpc?: JsonObject
  timeoutSeconds?: number
}

export interface Container extends JsonObject {
  name: string
  image?: string
  args?: string[]
  env?: EnvVar[]
  ports?: ContainerPort[]
  readinessProbe?: Action
  livenessProbe?: Action
  startupProbe?: Action
  lifecycle?: { preStop?: Action; postStart?: Action }
  restartPolicy?: string
  securityContext?: JsonObject
}

export interface NamedItem extends JsonObject {
  name: string
}

export interface PodSpec extends JsonObject {
  containers: Container[]
  initContainers?: Container[]
  volumes?: NamedItem[]
  imagePullSecrets?: NamedItem[]
  hostNetwork?: boolean
  dnsPolicy?: string
  securityContext?: JsonObject
}

/** A Pod, or the template of one. */
export interface Pod {
  metadata: Metadata
  spec: PodSpec
}

export const proxyContainerName = 'istio-proxy'
export const initContainerName = 'istio-init'
export const validationContainerName = 'istio-validation'
