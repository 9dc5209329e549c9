/**
 * What the local platform and a process in one of its Pods agree on: environment variables, annotations, and which
 * address and port stands for what. The platform writes it, the preload and heddle-proxy read it. A process whose
 * environment lacks `HEDDLE_POD_ROOT` is not in a Pod, and nothing here applies to it.
 */

/** Environment of every process in a Pod. */
export const podEnvironment = {
  /** The container's root folder; volumes lie under it at their mount paths, the Pod's shared folder at `heddle`. */
  root: 'HEDDLE_POD_ROOT',
  /** The Pod's address in the mesh's 127.x.0.0/16. */
  podIp: 'HEDDLE_POD_IP',
  /** Where the application listens; the Pod IP itself when the Pod has no sidecar. */
  appAddress: 'HEDDLE_APP_ADDRESS',
  /** JSON of a `PortMap`. */
  portMap: 'HEDDLE_PORT_MAP',
  /** Path of the Pod's names file; heddle-proxy writes it in injected Pods, the platform in all others. */
  names: 'HEDDLE_NAMES',
  /** Path of the names file that the platform writes in every Pod: ready endpoints of every Service (kube-proxy's table). */
  platformNames: 'HEDDLE_PLATFORM_NAMES',
  /** Only for gateways: the address outside the mesh (127.0.0.1) on which their listeners are bound as well. */
  externalAddress: 'HEDDLE_EXTERNAL_ADDRESS',
  /** Only for sidecars: the path at which the SPIFFE Workload API is to be served. */
  workloadSocket: 'HEDDLE_WORKLOAD_SOCKET',
  /** A folder of the Pod's service account that outlives the Pod, for what must not be lost with it. */
  kept: 'HEDDLE_KEPT',
  /** Marks the processes of one platform, so that it can find them again after a crash. */
  runtime: 'HEDDLE_RUNTIME',
} as const

/** Pod annotation: JSON of the `PortMap`. EndpointSlices publish its numbers. */
export const portMapAnnotation = 'heddle.dev/port-map'

/** Pod annotation on gateways: the address outside the mesh on which the ports of the map are open. */
export const externalAddressAnnotation = 'heddle.dev/external-address'

/** Pod annotation that the injector writes; its presence makes a Pod an injected one. */
export const injectionStatusAnnotation = 'sidecar.istio.io/status'

/** Pod annotation that names the application's own address. */
export const appAddressAnnotation = 'heddle.dev/app-address'

/** Service annotation on a LoadBalancer: JSON from its ports to those on which its gateway really listens. */
export const boundPortsAnnotation = 'heddle.dev/bound-ports'

/** Media type of a command's output in frames, which the API's `exec` writes and `heddle exec` reads. */
export const execContentType = 'application/vnd.heddle.exec'

/** The name under which an application reaches the machine's real 127.0.0.1. */
export const hostName = 'host.heddle.internal'

/** Type of the PROXY protocol v2 TLV with the Pod's token (ASCII hex); in the range that the protocol leaves to applications. */
export const podTokenTlvType = 0xe0

/** Ports that heddle-proxy binds on the Pod IP; they are never mapped. */
export const proxyPorts = {
  admin: 15000,
  outbound: 15001,
  httpProxy: 15002,
  inbound: 15006,
  status: 15020,
  health: 15021,
  prometheus: 15090,
} as const

/**
 * Declared port -> bound port. The same number is bound on the Pod IP (by the sidecar, or by the application when there
 * is none) and on the app address: what makes a port unusable on one (below 1024, or taken on all addresses by another
 * program) makes it unusable on the other. A port that is not a key is bound as it is.
 */
export type PortMap = Readonly<Record<string, number>>

/** The contract as one process sees it. */
export interface PodContract {
  readonly root: string
  readonly podIp: string
  readonly appAddress: string
  readonly isInjected: boolean
  readonly portMap: PortMap
  readonly namesPath: string | undefined
  readonly platformNamesPath: string | undefined
  readonly externalAddress: string | undefined
  readonly workloadSocketPath: string | undefined
  readonly keptPath: string | undefined
}

/** The contract of this process, or undefined when it is not in a Pod. */
export function readPodContract(environment: Readonly<Record<string, string | undefined>>): PodContract | undefined {
  const root = environment[podEnvironment.root]
  const podIp = environment[podEnvironment.podIp]
  if (!root || !podIp) return undefined
  const appAddress = environment[podEnvironment.appAddress] || podIp
  return {
    root,
    podIp,
    appAddress,
    isInjected: appAddress !== podIp,
    portMap: parsePortMap(environment[podEnvironment.portMap]),
    namesPath: environment[podEnvironment.names] || undefined,
    platformNamesPath: environment[podEnvironment.platformNames] || undefined,
    externalAddress: environment[podEnvironment.externalAddress] || undefined,
    workloadSocketPath: environment[podEnvironment.workloadSocket] || undefined,
    keptPath: environment[podEnvironment.kept] || undefined,
  }
}

/** The port that is really bound for a declared one, on the Pod IP and on the app address alike. */
export function boundPort(portMap: PortMap, declaredPort: number): number {
  return portMap[String(declaredPort)] ?? declaredPort
}

/** Reads a port map; anything but an object of valid ports counts as an empty map. */
export function parsePortMap(text: string | undefined): PortMap {
  if (!text) return {}
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return {}
    return Object.fromEntries(Object.entries(value).filter((entry): entry is [string, number] => isPort(entry[1])))
  } catch {
    return {}
  }
}

function isPort(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value < 65_536
}
