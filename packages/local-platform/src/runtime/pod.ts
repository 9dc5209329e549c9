/** The parts of a Pod (core/v1) that the runtime reads and writes; the API has checked them already. */
import type { KubernetesObject } from '@heddle/client'

export interface Pod extends KubernetesObject {
  readonly spec: PodSpec
  readonly status?: PodStatus
}

export interface PodSpec {
  readonly containers: readonly Container[]
  readonly initContainers?: readonly Container[]
  readonly volumes?: readonly Volume[]
  readonly restartPolicy?: RestartPolicy
  readonly terminationGracePeriodSeconds?: number
  readonly nodeName?: string
  readonly serviceAccountName?: string
  readonly hostNetwork?: boolean
}

export type RestartPolicy = 'Always' | 'OnFailure' | 'Never'

export interface Container {
  readonly name: string
  readonly image?: string
  readonly command?: readonly string[]
  readonly args?: readonly string[]
  readonly workingDir?: string
  readonly env?: readonly EnvironmentVariable[]
  readonly envFrom?: readonly EnvironmentSource[]
  readonly ports?: readonly ContainerPort[]
  readonly volumeMounts?: readonly VolumeMount[]
  readonly livenessProbe?: Probe
  readonly readinessProbe?: Probe
  readonly startupProbe?: Probe
  readonly lifecycle?: { readonly postStart?: Handler; readonly preStop?: Handler }
  readonly restartPolicy?: string
  readonly resources?: { readonly limits?: Quantities; readonly requests?: Quantities }
}

export type Quantities = Readonly<Record<string, string | number>>

export interface ContainerPort {
  readonly name?: string
  readonly containerPort: number
  readonly protocol?: string
}

export interface VolumeMount {
  readonly name: string
  readonly mountPath: string
  readonly subPath?: string
}

export interface EnvironmentVariable {
  readonly name: string
  readonly value?: string
  readonly valueFrom?: {
    readonly fieldRef?: { readonly fieldPath: string }
    readonly resourceFieldRef?: ResourceFieldReference
    readonly configMapKeyRef?: KeyReference
    readonly secretKeyRef?: KeyReference
  }
}

export interface ResourceFieldReference {
  readonly containerName?: string
  readonly resource: string
  readonly divisor?: string | number
}

export interface KeyReference {
  readonly name: string
  readonly key: string
  readonly optional?: boolean
}

export interface EnvironmentSource {
  readonly prefix?: string
  readonly configMapRef?: { readonly name: string; readonly optional?: boolean }
  readonly secretRef?: { readonly name: string; readonly optional?: boolean }
}

export interface KeyToPath {
  readonly key: string
  readonly path: string
}

export interface DownwardItem {
  readonly path: string
  readonly fieldRef?: { readonly fieldPath: string }
  readonly resourceFieldRef?: ResourceFieldReference
}

export interface ConfigMapSource {
  readonly name?: string
  readonly items?: readonly KeyToPath[]
  readonly optional?: boolean
}

export interface SecretSource {
  readonly secretName?: string
  readonly name?: string
  readonly items?: readonly KeyToPath[]
  readonly optional?: boolean
}

export interface ServiceAccountTokenSource {
  readonly audience?: string
  readonly expirationSeconds?: number
  readonly path: string
}

export interface ProjectedSource {
  readonly serviceAccountToken?: ServiceAccountTokenSource
  readonly configMap?: ConfigMapSource
  readonly secret?: SecretSource
  readonly downwardAPI?: { readonly items?: readonly DownwardItem[] }
}

export interface Volume {
  readonly name: string
  readonly emptyDir?: object
  readonly configMap?: ConfigMapSource
  readonly secret?: SecretSource
  readonly downwardAPI?: { readonly items?: readonly DownwardItem[] }
  readonly projected?: { readonly sources?: readonly ProjectedSource[] }
  readonly [source: string]: unknown
}

export interface HttpGetAction {
  readonly path?: string
  readonly port: number | string
  readonly host?: string
  readonly scheme?: string
  readonly httpHeaders?: readonly { readonly name: string; readonly value: string }[]
}

export interface Handler {
  readonly exec?: { readonly command?: readonly string[] }
  readonly httpGet?: HttpGetAction
  readonly tcpSocket?: { readonly port: number | string; readonly host?: string }
  readonly grpc?: { readonly port: number; readonly service?: string }
  readonly sleep?: { readonly seconds: number }
}

export interface Probe extends Handler {
  readonly initialDelaySeconds?: number
  readonly periodSeconds?: number
  readonly timeoutSeconds?: number
  readonly successThreshold?: number
  readonly failureThreshold?: number
}

export interface PodStatus {
  readonly phase?: string
  readonly conditions?: readonly PodCondition[]
  readonly startTime?: string
  readonly [field: string]: unknown
}

export interface PodCondition {
  readonly type: string
  readonly status: 'True' | 'False'
  readonly reason?: string
  readonly message?: string
  readonly lastTransitionTime?: string
}

/** `NAMESPACE/NAME`, for messages. */
export function podName(pod: KubernetesObject): string {
  return `${pod.metadata.namespace ?? 'default'}/${pod.metadata.name}`
}

/** A native sidecar: an init container that keeps running (KEP-753). */
export function isSidecar(container: Container): boolean {
  return container.restartPolicy === 'Always'
}
