/** The public names of the control-plane client. */
export { readStatus, statusError, statusOf } from './resources/api-error.js'
export { createResourceClient, type ResourceClientDeps } from './resources/create-resource-client.js'
export { createInformer, type InformerDeps, type InformerSource } from './resources/informer.js'
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
export type { WatchEvent } from './resources/watch-stream.js'
export { emptyNamesFile, normalizeName, parseNamesFile, readNamesFile, writeNamesFile, type NamesFile } from './names/names-file.js'
export {
  appAddressAnnotation,
  boundPort,
  boundPortsAnnotation,
  execContentType,
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
export { createAccessLogSender, type AccessLogSender, type AccessLogSenderOptions } from './grpc/access-log-sender.js'
export { createControlPlaneChannel, type ClientCertificate, type ControlPlaneAddress } from './grpc/channel.js'
export { requestJwtSvid, type JwtSvidRequest } from './grpc/token-request.js'
export { requestWorkloadCertificate, type WorkloadCertificateRequest } from './grpc/certificate-request.js'
export {
  createIdentitySource,
  type IdentitySource,
  type IdentitySourceDeps,
  type IdentitySourceOptions,
} from './identity/identity-source.js'
export { followCrlFile } from './identity/crl-file.js'
export type { WorkloadCertificate } from './identity/workload-certificate.js'
export type { ResourceFault } from './ads/snapshot.js'
export { createMeshClient, type MeshClient, type MeshClientDeps, type MeshClientOptions } from './mesh-client.js'
export { parseWorkloadEndpoint } from './workload-api/endpoint.js'
export { serveWorkloadApi, type WorkloadApiServer, type WorkloadApiServerOptions } from './workload-api/workload-api-server.js'
export { watchX509Svids, type WorkloadApiClientOptions, type X509Svid } from './workload-api/workload-api-client.js'
export type { WorkloadApiClient, WorkloadStreamOptions } from './workload-api/workload-stream.js'
export {
  fetchJwtSvids,
  type JwtBundleOptions,
  validateWithWorkloadApi,
  watchJwtBundles,
  type WorkloadTokenRequest,
} from './workload-api/workload-token-client.js'
