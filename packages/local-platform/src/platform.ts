/**
 * The local platform put together: state folder, store, API, controllers. The runtime (Pods as processes) attaches itself
 * through `attachRuntime` and otherwise uses the API like any client.
 */
import { mkdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type Clock, type Logger, type Random, silentLogger } from '@heddle/base'
import { systemClock, systemRandom, writeDurably } from '@heddle/base/node'
import type { KubernetesObject, ResourceClient } from '@heddle/client'
import { startApiServer } from './api/api-server.js'
import { createCatalog } from './api/catalog.js'
import { writeKubeconfig } from './api/kubeconfig-file.js'
import { createLocalClient } from './api/local-client.js'
import { loadPlatformKeys } from './api/platform-keys.js'
import type { PodRuntime } from './api/pod-runtime.js'
import { createRegistry, type Registry } from './api/registry.js'
import { apiServiceAddress, createClusterIpRange } from './api/rules/cluster-ips.js'
import { createTokenIssuer, type TokenIssuer } from './api/token-issuer.js'
import { startControllers } from './controllers/start-controllers.js'
import { createFirstObjects } from './first-objects.js'
import { ownVersion } from './own-version.js'
import { openStateFolder } from './store/state-folder.js'
import { openStore, type Store } from './store/store.js'
import { leaseSubnet } from './subnet-lease.js'

export interface PlatformOptions {
  /** Folder of the platform's state; made when absent. */
  readonly stateDir: string
  /** Port of the API on 127.0.0.1; a taken one moves to the next free one, 0 takes any. Default: 6443. */
  readonly port?: number
  /** Second octet of the mesh's 127.x.0.0/16. Default: leased, so that meshes do not collide. */
  readonly subnet?: number
  /** Version shown by `/version`. Default: that of this package. */
  readonly version?: string
  /** Folder of the subnet leases, shared by all meshes of the machine. Default: `heddle-subnets` in the system's temp folder. */
  readonly leaseFolder?: string
}

export interface PlatformDeps {
  readonly clock?: Clock
  readonly random?: Random
  readonly logger?: Logger
}

/** How to reach a started platform. */
export interface PlatformAccess {
  /** `https://127.0.0.1:6443`. */
  readonly server: string
  readonly port: number
  readonly kubeconfigPath: string
  /** PEM of the CA that signs the API's certificate. */
  readonly certificateAuthority: string
  readonly adminToken: string
  readonly subnet: number
  /** The same API without TLS in between, for code in this process. */
  readonly client: ResourceClient
  readonly tokens: TokenIssuer
  /** From now on logs and exec are answered by `runtime`. */
  attachRuntime(runtime: PodRuntime): void
}

export interface Platform {
  /**
   * @throws HEDDLE_STATE_UNUSABLE, HEDDLE_STATE_NEWER, HEDDLE_STATE_IN_USE, HEDDLE_STORE_CORRUPT, HEDDLE_STORE_UNUSABLE,
   * HEDDLE_PLATFORM_KEYS, HEDDLE_SUBNET_LEASE, HEDDLE_API_PORT. Whatever was opened is closed again.
   */
  start(): Promise<PlatformAccess>
  /** Stops serving; what was acknowledged is on disk. Idempotent. */
  close(): Promise<void>
}

export function createPlatform(options: PlatformOptions, deps: PlatformDeps = {}): Platform {
  const resolved = {
    port: 6443,
    version: ownVersion(),
    leaseFolder: join(tmpdir(), 'heddle-subnets'),
    ...options,
    stateDir: resolve(options.stateDir),
  }
  const { clock = systemClock, random = systemRandom, logger = silentLogger } = deps
  const opened: (() => void | Promise<void>)[] = []
  const close = async (): Promise<void> => {
    const failures: unknown[] = []
    for (let release = opened.pop(); release; release = opened.pop())
      await Promise.resolve(release)
        .then((end) => end())
        .catch((error: unknown) => failures.push(error))
    if (failures.length > 0) throw failures[0]
  }
  return {
    close,
    async start() {
      try {
        return await startParts(resolved, { clock, random, logger }, (release) => opened.push(release))
      } catch (error) {
        await close()
        throw error
      }
    },
  }
}

type ResolvedOptions = PlatformOptions & Required<Pick<PlatformOptions, 'port' | 'version' | 'leaseFolder'>>

/** Opens everything in order; `onOpen` collects how to close it, in reverse. */
async function startParts(
  options: ResolvedOptions,
  deps: Required<PlatformDeps>,
  onOpen: (release: () => void | Promise<void>) => void,
): Promise<PlatformAccess> {
  const { stateDir } = options
  const folder = openStateFolder(stateDir)
  onOpen(() => folder.release())
  const lease = leaseSubnet({ folder: options.leaseFolder, stateDir, preferred: options.subnet ?? formerSubnet(stateDir) })
  onOpen(() => lease.release())
  writeDurably(join(stateDir, 'subnet'), `${lease.subnet}\n`)
  const storeFolder = join(stateDir, 'store')
  mkdirSync(storeFolder, { recursive: true, mode: 0o700 })
  const store = openStore(storeFolder)
  onOpen(() => store.close())

  const keys = loadPlatformKeys(join(stateDir, 'pki'), ['127.0.0.1', apiServiceAddress(lease.subnet)], deps)
  const registry = createPlatformRegistry(store, lease.subnet, deps)
  const tokens = createTokenIssuer(
    {
      signingKey: keys.tokenSigningKey,
      findAccount: (namespace, name) => store.get(`core/serviceaccounts/${namespace}/${name}`),
      findPod: (namespace, name) => store.get(`core/pods/${namespace}/${name}`),
    },
    deps,
  )
  const client = createLocalClient(registry, { tokens, mayUseResources: true }, deps)
  onOpen(() => client.close())
  let runtime: PodRuntime | undefined
  const server = await startApiServer(
    { keys, port: options.port, formerPort: formerPort(stateDir, options.port), version: options.version, logger: deps.logger },
    { registry, tokens, clock: deps.clock, podRuntime: () => runtime },
  )
  onOpen(() => server.close())
  writeDurably(join(stateDir, 'port.json'), `${JSON.stringify({ wanted: options.port, port: server.port })}\n`)
  await createFirstObjects(registry, { subnet: lease.subnet, port: server.port })
  const controllers = startControllers({ registry, client, certificateAuthority: keys.certificateAuthority }, deps)
  onOpen(() => controllers.close())

  const address = `https://127.0.0.1:${server.port}`
  const kubeconfigPath = join(stateDir, 'kubeconfig')
  writeKubeconfig(kubeconfigPath, { server: address, certificateAuthority: keys.certificateAuthority, token: keys.adminToken })
  return {
    server: address,
    port: server.port,
    kubeconfigPath,
    certificateAuthority: keys.certificateAuthority,
    adminToken: keys.adminToken,
    subnet: lease.subnet,
    client,
    tokens,
    attachRuntime: (attached) => (runtime = attached),
  }
}

function createPlatformRegistry(store: Store, subnet: number, deps: Required<PlatformDeps>): Registry {
  const definitions: readonly KubernetesObject[] = store.list('apiextensions.k8s.io/customresourcedefinitions/')
  const catalog = createCatalog(definitions, store.events)
  return createRegistry({ store, catalog, clusterIps: createClusterIpRange(subnet) }, deps)
}

/** The port that the same wish led to last time: Pods that were adopted look for the API there. */
function formerPort(stateDir: string, wanted: number): number | undefined {
  try {
    const former = JSON.parse(readFileSync(join(stateDir, 'port.json'), 'utf8')) as { readonly wanted?: unknown; readonly port?: unknown }
    return former.wanted === wanted && typeof former.port === 'number' ? former.port : undefined
  } catch {
    return undefined
  }
}

function formerSubnet(stateDir: string): number | undefined {
  try {
    const subnet = Number(readFileSync(join(stateDir, 'subnet'), 'utf8'))
    return Number.isInteger(subnet) && subnet > 0 && subnet < 255 ? subnet : undefined
  } catch {
    return undefined
  }
}
