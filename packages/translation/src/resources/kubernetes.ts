/**
 * The part of Kubernetes' objects that translation reads (core/v1, discovery.k8s.io/v1). Structural and readonly, so that
 * objects straight from the API and validated ones from `@heddle/config-schema` both fit.
 */

export interface ObjectMeta {
  readonly name?: string
  readonly namespace?: string
  readonly uid?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  /** RFC 3339; decides which of two conflicting resources is the older one. */
  readonly creationTimestamp?: string
  readonly generation?: number
  readonly ownerReferences?: readonly { readonly kind?: string; readonly name?: string; readonly controller?: boolean }[]
}

export interface ServicePort {
  readonly name?: string
  readonly port: number
  /** Number, or the name of a container port. Absent: `port`. */
  readonly targetPort?: number | string
  readonly protocol?: string
  readonly appProtocol?: string
}

export interface Service {
  readonly metadata: ObjectMeta
  readonly spec?: {
    readonly type?: string
    readonly clusterIP?: string
    readonly clusterIPs?: readonly string[]
    readonly selector?: Readonly<Record<string, string>>
    readonly ports?: readonly ServicePort[]
    readonly externalName?: string
    readonly publishNotReadyAddresses?: boolean
    readonly internalTrafficPolicy?: string
  }
}

export interface EndpointConditions {
  readonly ready?: boolean
  readonly serving?: boolean
  readonly terminating?: boolean
}

export interface Endpoint {
  readonly addresses: readonly string[]
  readonly conditions?: EndpointConditions
  readonly hostname?: string
  readonly nodeName?: string
  readonly zone?: string
  readonly targetRef?: { readonly kind?: string; readonly name?: string; readonly namespace?: string; readonly uid?: string }
}

export interface EndpointSlice {
  readonly metadata: ObjectMeta
  readonly addressType?: string
  readonly endpoints?: readonly Endpoint[]
  readonly ports?: readonly { readonly name?: string; readonly port?: number; readonly protocol?: string; readonly appProtocol?: string }[]
}

export interface ContainerPort {
  readonly name?: string
  readonly containerPort: number
  readonly protocol?: string
}

export interface Container {
  readonly name: string
  readonly ports?: readonly ContainerPort[]
  readonly restartPolicy?: string
}

export interface Pod {
  readonly metadata: ObjectMeta
  readonly spec?: {
    readonly containers?: readonly Container[]
    readonly initContainers?: readonly Container[]
    readonly serviceAccountName?: string
    readonly nodeName?: string
    readonly hostNetwork?: boolean
  }
  readonly status?: {
    readonly phase?: string
    readonly podIP?: string
    readonly podIPs?: readonly { readonly ip?: string }[]
    readonly conditions?: readonly { readonly type?: string; readonly status?: string }[]
  }
}

export interface Namespace {
  readonly metadata: ObjectMeta
}

export interface ServiceAccount {
  readonly metadata: ObjectMeta
}

export interface KubernetesNode {
  readonly metadata: ObjectMeta
}
