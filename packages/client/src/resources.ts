/** The resource client alone: for programs that only talk to a Kubernetes API, and should start without gRPC, xDS and certificates. */
export { readStatus, statusError, statusOf } from './resources/api-error.js'
export { createResourceClient, type ResourceClientDeps } from './resources/create-resource-client.js'
export { configMaps, secrets } from './resources/resource-types.js'
export { loadInClusterConfig, loadKubeconfig, type KubeconfigOptions, type LoadedKubeconfig } from './resources/kubeconfig.js'
export type {
  DeleteOptions,
  Informer,
  InformerEvent,
  InformerOptions,
  KubernetesObject,
  ListOptions,
  ObjectMeta,
  OwnerReference,
  RawRequest,
  RawResponse,
  ResourceClient,
  ResourceClientOptions,
  ResourceList,
  ResourceType,
  Status,
} from './resources/resource-client.js'
export { execContentType } from './names/pod-contract.js'
