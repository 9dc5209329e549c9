/**
 * A whole mesh on this machine: the platform (API, controllers), the runtime (Pods as processes), and on an empty state
 * the demo profile. What runs in Pods runs on in processes of its own; closing ends them all.
 */
import { delay, isHeddleError, type Logger } from '@heddle/base'
import { systemClock } from '@heddle/base/node'
import { boundPortsAnnotation, createResourceClient, type KubernetesObject, loadKubeconfig, type ResourceClient } from '@heddle/client'
import { createPlatform, createRuntime, endRuntimeProcesses, type PlatformAccess } from '@heddle/local-platform'
import { applyProfile } from '../commands/install.js'
import { demoProfile } from '../install/demo-profile.js'
import { ingressGateway } from '../install/ingress-gateway.js'
import { chosenPortsAnnotation, istioNamespace } from '../install/profile.js'
import { untilDeploymentAvailable } from '../install/readiness.js'
import { clientVersion } from '../output/client-version.js'
import { namespaces, services } from '../target/resource-types.js'
import { runtimeFolderOf } from '../target/state-folder.js'
import { watchCrashes } from './crash-watch.js'
import { diskFaultOf, storeFaultOf } from '../command/disk-fault.js'
import { watchDiskFaults } from './disk-faults.js'
import { keepDiskReserve, releaseDiskReserve } from './disk-reserve.js'
import { freeGatewayPorts } from './free-ports.js'
import { readImageFile } from './image-file.js'
import { meshPrograms } from './programs.js'

export interface LocalMeshOptions {
  readonly stateFolder: string
  readonly trustDomain: string
  /** Istio's ports and 6443 for the API where they are free, or free ones that the system chooses. */
  readonly ports: 'istio' | 'auto'
  readonly imagesPath?: string
  /** Seed of the proxies' balancing. Default: none, each draws its own randomness. */
  readonly seed?: number
  readonly logger: Logger
  readonly signal: AbortSignal
  /** Called as parts become ready. */
  readonly onProgress: (part: MeshPart) => void
}

export type MeshPart =
  | { readonly kind: 'api'; readonly access: PlatformAccess }
  | { readonly kind: 'deployment'; readonly name: string }
  /** Something does not start, in words; the mesh goes on trying. */
  | { readonly kind: 'trouble'; readonly text: string }

export interface LocalMesh {
  readonly access: PlatformAccess
  readonly client: ResourceClient
  /** Where the ingress gateway answers plain HTTP. */
  readonly ingressUrl: string
  /** Which ports are not the ones that were meant, in words; empty when all are. */
  readonly movedPorts: readonly string[]
  /** Ends every process of the mesh. @throws HEDDLE_CLI_DISK after that, when writes were lost meanwhile. */
  close(): Promise<void>
}

const nodeName = 'local'
/** Above the 5 s that Pods have to end. */
const podsEndMs = 8000
const platformEndMs = 4000
/** The gateway's target port for plain HTTP. */
const gatewayPort = 8080

/** @throws what the platform throws on a state it cannot use; whatever was started is stopped again. */
export async function startLocalMesh(options: LocalMeshOptions): Promise<LocalMesh> {
  const { stateFolder, logger, signal } = options
  const apiPort = options.ports === 'auto' ? 0 : 6443
  const images = options.imagesPath === undefined ? {} : { images: readImageFile(options.imagesPath), imagesPath: options.imagesPath }
  const platform = createPlatform({ stateDir: stateFolder, port: apiPort, version: clientVersion() }, { logger })
  const access = await platform.start()
  const client = createResourceClient(await loadKubeconfig(access.kubeconfigPath))
  const faults = watchDiskFaults((error) => options.onProgress({ kind: 'trouble', text: `${error.message}; the mesh goes on` }))
  const runtime = createRuntime(
    {
      nodeName,
      stateDir: runtimeFolderOf(stateFolder),
      subnet: access.subnet,
      programs: meshPrograms(),
      api: { host: '127.0.0.1', port: access.port },
      ...(options.seed === undefined ? {} : { proxyEnvironment: { HEDDLE_PROXY_SEED: String(options.seed) } }),
      ...images,
    },
    { client, logger, onWriteFailure: faults.note },
  )
  const close = async (): Promise<void> => {
    const failures: unknown[] = []
    const isDone = (end: Promise<unknown>, boundMs: number): Promise<boolean> =>
      endsWithin(end, boundMs).catch((error: unknown) => {
        failures.push(error)
        return false
      })
    releaseDiskReserve(stateFolder)
    if (!(await isDone(runtime.close({ stopPods: true }), podsEndMs)))
      await isDone(endRuntimeProcesses(runtimeFolderOf(stateFolder)), platformEndMs)
    await isDone(
      client.close().then(() => platform.close()),
      platformEndMs,
    )
    faults.close()
    const failure = faults.first() ?? failures[0]
    if (failure !== undefined) throw diskFaultOf(failure) ?? failure
  }
  keepDiskReserve(stateFolder)
  try {
    access.attachRuntime(runtime)
    await runtime.start()
    options.onProgress({ kind: 'api', access })
    await installProfile(client, options)
    await untilAvailable(client, options)
    const ingressUrl = await ingressUrlOf(client)
    const moved = [
      movedText('the API', apiPort, access.port),
      movedText('the gateway', options.ports === 'auto' ? 0 : gatewayPort, Number(new URL(ingressUrl).port)),
    ]
    return { access, client, ingressUrl, movedPorts: moved.filter((text) => text !== ''), close }
  } catch (error) {
    await close()
    throw signal.aborted && !isHeddleError(error) ? signal.reason : (storeFaultOf(error) ?? error)
  }
}

/** On an empty state the whole profile; on another only a gateway whose ports were chosen in the other way. */
async function installProfile(client: ResourceClient, { trustDomain, ports }: LocalMeshOptions): Promise<void> {
  const isEmpty = !(await client.get(namespaces, istioNamespace))
  const gateway = isEmpty ? undefined : await client.get(services, 'istio-ingressgateway', istioNamespace)
  const isChosen = gateway?.metadata.annotations?.[chosenPortsAnnotation] !== undefined
  if (!isEmpty && (gateway === undefined || isChosen === (ports === 'auto'))) return
  const profile = { version: clientVersion(), trustDomain, ...(ports === 'auto' ? { gatewayPorts: await freeGatewayPorts() } : {}) }
  await applyProfile(client, isEmpty ? demoProfile(profile) : ingressGateway(profile), () => {})
}

async function endsWithin(end: Promise<unknown>, boundMs: number): Promise<boolean> {
  const enough = new AbortController()
  const late = delay(systemClock, boundMs, enough.signal).then(
    () => false,
    () => true,
  )
  try {
    return await Promise.race([end.then(() => true), late])
  } finally {
    enough.abort()
  }
}

async function untilAvailable(client: ResourceClient, { signal, onProgress }: LocalMeshOptions): Promise<void> {
  const endWatch = watchCrashes(client, istioNamespace, (text) => onProgress({ kind: 'trouble', text }))
  try {
    await Promise.all(
      ['istiod', 'istio-ingressgateway'].map(async (name) => {
        await untilDeploymentAvailable(client, istioNamespace, name, signal)
        onProgress({ kind: 'deployment', name })
      }),
    )
  } finally {
    await endWatch()
  }
}

/** 0 was no wish. */
function movedText(name: string, wanted: number, bound: number): string {
  return wanted === 0 || wanted === bound ? '' : `port ${wanted} was taken: ${name} uses ${bound}`
}

/** Where the gateway listens outside the mesh: the platform writes the real ports beside the Service. */
export async function ingressUrlOf(client: ResourceClient): Promise<string> {
  const service = await client.get(services, 'istio-ingressgateway', istioNamespace)
  return `http://${externalAddressOf(service)}:${externalPortOf(service, 80)}`
}

function externalAddressOf(service: KubernetesObject | undefined): string {
  const status = service?.['status'] as { readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string }[] } } | undefined
  return status?.loadBalancer?.ingress?.[0]?.ip ?? '127.0.0.1'
}

function externalPortOf(service: KubernetesObject | undefined, port: number): number {
  const bound = JSON.parse(service?.metadata.annotations?.[boundPortsAnnotation] ?? '{}') as Readonly<Record<string, number>>
  return bound[String(port)] ?? port
}
