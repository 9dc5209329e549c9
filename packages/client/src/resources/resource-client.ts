/** Reading and writing Kubernetes-style resources over HTTPS: the embedded API and a real cluster are the same thing to it. */

/** What every resource has; the rest of it is kept as it came. */
export interface KubernetesObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: ObjectMeta
  readonly [field: string]: unknown
}

export interface ObjectMeta {
  readonly name: string
  readonly namespace?: string
  readonly generateName?: string
  readonly uid?: string
  readonly resourceVersion?: string
  readonly generation?: number
  readonly creationTimestamp?: string
  readonly deletionTimestamp?: string
  readonly deletionGracePeriodSeconds?: number
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly ownerReferences?: readonly OwnerReference[]
  readonly finalizers?: readonly string[]
}

export interface OwnerReference {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
  readonly controller?: boolean
  readonly blockOwnerDeletion?: boolean
}

/** Where a kind lives in the API: `{ group: 'apps', version: 'v1', plural: 'deployments' }`; the core group is `''`. */
export interface ResourceType {
  readonly group: string
  readonly version: string
  readonly plural: string
}

export interface ListOptions {
  /** One namespace; all of them when absent. */
  readonly namespace?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
  readonly signal?: AbortSignal
}

export interface ResourceList {
  readonly resourceVersion: string
  readonly items: readonly KubernetesObject[]
}

/** A failed call whose answer was a Kubernetes `Status` is a HeddleError `HEDDLE_API_STATUS` with this as its `cause`. */
export interface Status {
  readonly kind: 'Status'
  readonly apiVersion: 'v1'
  readonly status: 'Success' | 'Failure'
  readonly code: number
  readonly reason?: string
  readonly message?: string
  readonly details?: {
    readonly name?: string
    readonly group?: string
    readonly kind?: string
    readonly uid?: string
    readonly causes?: readonly { readonly reason?: string; readonly message?: string; readonly field?: string }[]
  }
}

export interface DeleteOptions {
  readonly gracePeriodSeconds?: number
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan'
  readonly uid?: string
}

/** A change seen by an informer. `synced` comes once, after the first complete list was delivered as `applied` events. */
export type InformerEvent =
  | { readonly type: 'applied'; readonly object: KubernetesObject }
  | { readonly type: 'deleted'; readonly object: KubernetesObject }
  | { readonly type: 'synced' }

/** A list kept current by a watch: relists on 410, reconnects with back-off, never delivers an older version after a newer one. */
export interface Informer {
  /** The objects as last seen. */
  list(): readonly KubernetesObject[]
  get(name: string, namespace?: string): KubernetesObject | undefined
  readonly isSynced: boolean
  close(): Promise<void>
}

export interface InformerOptions extends ListOptions {
  readonly onEvent?: (event: InformerEvent) => void
}

export interface ResourceClient {
  get(type: ResourceType, name: string, namespace?: string): Promise<KubernetesObject | undefined>
  list(type: ResourceType, options?: ListOptions): Promise<ResourceList>
  create(type: ResourceType, object: KubernetesObject, signal?: AbortSignal): Promise<KubernetesObject>
  /** Replaces; a stale `resourceVersion` is refused with 409. */
  update(type: ResourceType, object: KubernetesObject): Promise<KubernetesObject>
  /** JSON merge patch (RFC 7396). */
  patch(type: ResourceType, name: string, patch: object, namespace?: string, subresource?: string): Promise<KubernetesObject>
  updateStatus(type: ResourceType, object: KubernetesObject): Promise<KubernetesObject>
  delete(type: ResourceType, name: string, namespace?: string, options?: DeleteOptions): Promise<void>
  /** Calls a subresource with a body, such as `serviceaccounts/NAME/token`. */
  createSubresource(type: ResourceType, name: string, subresource: string, body: object, namespace?: string): Promise<KubernetesObject>
  watch(type: ResourceType, options?: InformerOptions): Informer
  /** Any other call of the API (discovery, logs, Table lists); the body is not interpreted. */
  request(options: RawRequest): Promise<RawResponse>
  close(): Promise<void>
}

export interface RawRequest {
  readonly method?: string
  /** Path and query. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly signal?: AbortSignal
}

export interface RawResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** The body as it arrives; must be read or returned. */
  readonly body: AsyncIterable<Uint8Array>
}

export interface ResourceClientOptions {
  /** `https://127.0.0.1:6443`. */
  readonly server: string
  /** PEM of the authority that signs the server's certificate. */
  readonly certificateAuthority: string
  /** Bearer token, or a function that gives the current one (projected tokens rotate). */
  readonly token?: string | (() => string | Promise<string>)
  readonly clientCertificate?: { readonly certificate: string; readonly key: string }
  /** Called with each warning the server sends beside an answer, as it comes. Default: warnings are dropped. */
  readonly onWarning?: (text: string) => void
}
