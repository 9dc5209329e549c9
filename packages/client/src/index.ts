/** The public names of the control-plane client. */
export { readStatus, statusError, statusOf } from './resources/api-error.js'
export { createResourceClient, type ResourceClientDeps } from './resources/create-resource-client.js'
export { createInformer, type InformerDeps, type InformerSource } from './resources/informer.js'
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
export type { WatchEvent } from './resources/watch-stream.js'
export { emptyNamesFile, normalizeName, parseNamesFile, readNamesFile, writeNamesFile, type NamesFile } from './names/names-file.js'
export {
  appAddressAnnotation,
  boundPort,
  externalAddressAnnotation,
  hostName,
  injectionStatusAnnotation,
  parsePortMap,
  podEnvironment,
  podTokenTlvType,
  portMapAnnotation,
  proxyPorts,
  readPodContract,
  type PodContract,
  type PortMap,
} from './names/pod-contract.js'
