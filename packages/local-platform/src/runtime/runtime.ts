/**
 * The kubelet of the local platform: runs the Pods of one Node as detached local processes. It knows the API only
 * through the resource client, so the same runtime can serve any Kubernetes-style API.
 */
import { resolve } from 'node:path'
import { type Clock, type Logger, messageOf, type Random, silentLogger } from '@heddle/base'
import { systemClock, systemRandom } from '@heddle/base/node'
import type { Informer, InformerEvent, KubernetesObject, ListOptions, ResourceClient, ResourceType } from '@heddle/client'
import { badRequest, failure } from '../api/api-failure.js'
import type { PodExecOptions, PodExecOutput, PodLogOptions, PodRuntime } from '../api/pod-runtime.js'
import { ownVersion } from '../own-version.js'
import { builtInImages, type Programs } from './built-in-images.js'
import type { ContainerUnit } from './container.js'
import { createContainerAccess } from './container-access.js'
import type { LaunchSettings } from './container-launch.js'
import type { LogOptions } from './container-logs.js'
import { preloadPath } from './default-programs.js'
import { createEventRecorder } from './events.js'
import { createGatewayPublisher, type GatewayPod } from './gateway-ports.js'
import type { ImageEntry } from './image-map.js'
import { endRecorded, liveContainers } from './left-processes.js'
import { registerNode } from './node-object.js'
import { platformNames } from './platform-names.js'
import { type Pod, podName } from './pod.js'
import { createPodLeases } from './pod-leases.js'
import { publishPod } from './pod-publication.js'
import { createPodRecords, type PodRecord } from './pod-record.js'
import { createPodWorker, type PodWorker } from './pod-worker.js'
import { endStrayProcesses } from './stray-processes.js'

export interface RuntimeOptions {
  /** Name of the Node that it registers and whose Pods it runs. */
  readonly nodeName: string
  /** Folder for records, volumes and logs; the runtime's own. */
  readonly stateDir: string
  /** The second octet `x` of the mesh's 127.x.0.0/16. */
  readonly subnet: number
  /** The user's images, looked at before the built-in ones. A function is asked at each start of a container. */
  readonly images?: readonly ImageEntry[] | (() => readonly ImageEntry[])
  /** Path of the user's image map, named in hints. Default: none, hints say how to give one. */
  readonly imagesPath?: string
  readonly programs: Programs
  /** Where processes in Pods find the API; sets `KUBERNETES_SERVICE_HOST` and `_PORT`. Default: not set. */
  readonly api?: { readonly host: string; readonly port: number }
  /** Variables that every proxy gets, unless its container declares them itself. */
  readonly proxyEnvironment?: Readonly<Record<string, string>>
  /** Version that the Node shows. Default: that of this package. */
  readonly version?: string
  /** Where gateways listen outside the mesh. Default: 127.0.0.1. */
  readonly externalAddress?: string
}

export interface RuntimeDeps {
  readonly client: ResourceClient
  readonly clock?: Clock
  readonly random?: Random
  readonly logger?: Logger
  /** Called when a record of a Pod could not be written; the Pod goes on and it is tried again. Default: nothing. */
  readonly onWriteFailure?: (error: unknown) => void
}

/** Its `logs` and `exec` answer 404 for a Pod it does not run and 400 for a container that does not exist or does not run, as `Status` errors. */
export interface Runtime extends PodRuntime {
  /** Adopts or ends what an earlier runtime left, then follows the API. Resolves when the first look is complete. */
  start(): Promise<void>
  /** Stops following. `stopPods` ends all processes first (default); otherwise they run on, for the next runtime to adopt. */
  close(options?: { readonly stopPods?: boolean; readonly graceMs?: number }): Promise<void>
}

const core = (plural: string): ResourceType => ({ group: '', version: 'v1', plural })
const pods = core('pods')
const endpointSlices: ResourceType = { group: 'discovery.k8s.io', version: 'v1', plural: 'endpointslices' }
const hostAddress = '127.0.0.1'
const namesDelayMs = 5
const shutdownGraceMs = 5000
/** As often as a kubelet looks. */
const logCheckMs = 10_000

export function createRuntime(options: RuntimeOptions, deps: RuntimeDeps): Runtime {
  return new LocalRuntime(options, {
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    onWriteFailure: () => {},
    ...deps,
  })
}

class LocalRuntime implements Runtime {
  readonly #options: RuntimeOptions
  readonly #deps: Required<RuntimeDeps>
  readonly #records
  readonly #leases
  readonly #events
  readonly #access
  readonly #publishGateways
  readonly #workers = new Map<string, PodWorker>()
  readonly #starting = new Map<string, Promise<void>>()
  readonly #earlier = new Map<string, PodRecord>()
  readonly #informers = new Map<string, Informer>()
  readonly #background = new Set<Promise<unknown>>()
  /** Until then it does not know all its Pods, and a Service may have a gateway that it has not seen. */
  #isStarted = false
  #isClosing = false
  #areNamesDue = false

  constructor(options: RuntimeOptions, deps: Required<RuntimeDeps>) {
    this.#options = { ...options, stateDir: resolve(options.stateDir) }
    this.#deps = deps
    this.#records = createPodRecords(this.#options.stateDir)
    this.#access = createContainerAccess((uid) => this.#records.directoryOf(uid), deps.clock)
    this.#leases = createPodLeases(options.subnet, options.externalAddress ?? hostAddress)
    this.#publishGateways = createGatewayPublisher(deps.client, {
      services: () => this.#informers.get('services')?.list() ?? [],
      gateways: () => this.#gateways(),
    })
    this.#events = createEventRecorder({ ...deps, nodeName: options.nodeName })
  }

  async start(): Promise<void> {
    this.#readRecords()
    const ended = endStrayProcesses(this.#options.stateDir, liveContainers(this.#earlier.values()))
    if (ended > 0) this.#deps.logger.warn('ended processes that an earlier platform left behind', { processes: ended })
    await Promise.all([
      this.#follow('services', core('services'), (event) => this.#serviceChanged(event)),
      this.#follow('endpointslices', endpointSlices, () => this.#namesChanged()),
      this.#follow('configmaps', core('configmaps'), (event) => this.#objectChanged(event)),
      this.#follow('secrets', core('secrets'), (event) => this.#objectChanged(event)),
    ])
    await this.#follow('pods', pods, (event) => this.#podChanged(event), { fieldSelector: `spec.nodeName=${this.#options.nodeName}` })
    this.#endForgottenPods()
    // What an earlier platform reported is no longer true; nobody should take it for the state of this one.
    await Promise.all(this.#starting.values())
    await Promise.all([...this.#workers.values()].map((worker) => worker.reported()))
    this.#isStarted = true
    await this.#publishGateways()
    await this.#registerNode(true)
    this.#turnLogsLater()
  }

  async *logs(namespace: string, name: string, options: LogOptions & PodLogOptions): AsyncGenerator<Uint8Array> {
    const { worker, unit } = this.#find(namespace, name, options.container)
    yield* this.#access.logs(worker, unit, options)
  }

  async *exec(namespace: string, name: string, options: PodExecOptions): AsyncGenerator<PodExecOutput> {
    const { worker, unit } = this.#find(namespace, name, options.container)
    yield* this.#access.exec(worker, unit, options)
  }

  async close({
    stopPods = true,
    graceMs = shutdownGraceMs,
  }: { readonly stopPods?: boolean; readonly graceMs?: number } = {}): Promise<void> {
    if (this.#isClosing) return
    this.#isClosing = true
    await this.#registerNode(false).catch((error: unknown) =>
      this.#deps.logger.debug('the Node was not marked', { error: messageOf(error) }),
    )
    await Promise.all([...this.#informers.values()].map((informer) => informer.close()))
    await Promise.all(this.#background)
    if (stopPods) await Promise.all([...this.#workers.values()].map((worker) => worker.suspend(graceMs)))
    else for (const worker of this.#workers.values()) worker.detach()
    this.#workers.clear()
    this.#leases.close()
  }

  /** Records of another subnet keep nothing but their counts: their addresses are no longer this mesh's. */
  #readRecords(): void {
    for (const record of this.#records.readAll()) {
      if (record.podIp.startsWith(`127.${this.#options.subnet}.`)) {
        this.#earlier.set(record.uid, record)
        this.#leases.reserve(record)
      } else {
        endRecorded(record)
      }
    }
  }

  #turnLogsLater(): void {
    this.#deps.clock.setTimer(logCheckMs, () => {
      if (this.#isClosing) return
      try {
        this.#access.turnLogs(this.#workers.values())
      } catch (error) {
        this.#deps.logger.warn('a log that is too long was not turned', { error: messageOf(error) })
      }
      this.#turnLogsLater()
    })
  }

  async #registerNode(isReady: boolean): Promise<void> {
    const { nodeName: name, version = ownVersion() } = this.#options
    await registerNode(this.#deps.client, { name, address: hostAddress, version }, isReady, this.#deps.clock)
  }

  async #follow(name: string, type: ResourceType, onEvent: (event: InformerEvent) => void, selectors: ListOptions = {}): Promise<void> {
    await new Promise<void>((resolveSynced) => {
      const informer = this.#deps.client.watch(type, {
        ...selectors,
        onEvent: (event) => {
          if (event.type === 'synced') resolveSynced()
          if (!this.#isClosing) onEvent(event)
        },
      })
      this.#informers.set(name, informer)
      if (informer.isSynced) resolveSynced()
    })
  }

  #podChanged(event: InformerEvent): void {
    if (event.type === 'synced') return
    const pod = event.object as Pod
    const uid = pod.metadata.uid ?? ''
    const worker = this.#workers.get(uid)
    if (event.type === 'deleted') {
      if (worker) this.#inBackground(worker.terminate(0), 'a Pod was not ended')
      return
    }
    if (worker) {
      worker.update(pod)
      if (pod.metadata.deletionTimestamp !== undefined) this.#inBackground(worker.terminate(graceMs(pod)), 'a Pod was not ended')
      return
    }
    if (this.#isOurs(pod) && !this.#starting.has(uid)) {
      const work = this.#begin(pod).finally(() => this.#starting.delete(uid))
      this.#starting.set(
        uid,
        work.catch(() => {}),
      )
      this.#inBackground(work, `Pod ${podName(pod)} was not started`)
    }
  }

  #isOurs(pod: Pod): boolean {
    if (pod.spec.nodeName !== this.#options.nodeName) return false
    const phase = pod.status?.phase
    return (phase !== 'Succeeded' && phase !== 'Failed') || pod.metadata.deletionTimestamp !== undefined
  }

  async #begin(pod: Pod): Promise<void> {
    const uid = pod.metadata.uid ?? ''
    const services = this.#informers.get('services')?.list() ?? []
    const record = await this.#leases.acquire(pod, this.#earlier.get(uid), services)
    this.#records.write(record)
    const worker = createPodWorker(pod, record, this.#workerDeps())
    this.#earlier.delete(uid)
    this.#workers.set(uid, worker)
    worker.writeNames(this.#names(worker.namespace))
    await publishPod(this.#deps.client, pod, record)
    if (record.externalAddress !== undefined && this.#isStarted) await this.#publishGateways()
    // It may have been deleted while its addresses were chosen.
    const current = this.#informers.get('pods')?.get(pod.metadata.name, pod.metadata.namespace)
    if (current?.metadata.uid !== uid) return worker.terminate(0)
    if (current.metadata.deletionTimestamp !== undefined) return worker.terminate(0)
    if (!this.#isClosing) worker.start()
  }

  #endForgottenPods(): void {
    const known = new Set((this.#informers.get('pods')?.list() ?? []).map((pod) => pod.metadata.uid))
    for (const record of [...this.#earlier.values()].filter((one) => !known.has(one.uid))) {
      endRecorded(record)
      this.#earlier.delete(record.uid)
      this.#leases.release(record)
      this.#records.remove(record.uid)
    }
  }

  #serviceChanged(event: InformerEvent): void {
    this.#namesChanged()
    if (event.type === 'applied' && this.#isStarted) this.#inBackground(this.#publishGateways(), "a gateway's ports were not published")
  }

  #gateways(): readonly GatewayPod[] {
    return [...this.#workers.values()].flatMap(({ name, namespace, record }) => {
      const pod = record.externalAddress === undefined ? undefined : this.#informers.get('pods')?.get(name, namespace)
      return pod ? [{ pod: pod as Pod, record }] : []
    })
  }

  #objectChanged(event: InformerEvent): void {
    if (event.type === 'synced') return
    for (const worker of this.#workers.values()) if (worker.namespace === event.object.metadata.namespace) worker.refresh()
  }

  /** Many changes come together; the files are written once for all of them. */
  #namesChanged(): void {
    if (this.#areNamesDue) return
    this.#areNamesDue = true
    this.#deps.clock.setTimer(namesDelayMs, () => {
      this.#areNamesDue = false
      if (this.#isClosing) return
      for (const worker of this.#workers.values()) worker.writeNames(this.#names(worker.namespace))
    })
  }

  #names(namespace: string): ReturnType<typeof platformNames> {
    const list = (name: string): readonly KubernetesObject[] => this.#informers.get(name)?.list() ?? []
    return platformNames({ services: list('services'), endpointSlices: list('endpointslices') }, namespace)
  }

  #workerDeps(): Parameters<typeof createPodWorker>[2] {
    const object = (kind: string) => (name: string, namespace: string) => this.#informers.get(kind)?.get(name, namespace)
    return {
      ...this.#deps,
      records: this.#records,
      events: this.#events,
      settings: () => this.#settings(),
      nodeName: this.#options.nodeName,
      hostIp: hostAddress,
      configMap: object('configmaps'),
      secret: object('secrets'),
      onGone: (worker) => {
        this.#workers.delete(worker.uid)
        this.#leases.release(worker.record)
        if (worker.record.externalAddress !== undefined && !this.#isClosing)
          this.#inBackground(this.#publishGateways(), "a gateway's ports were not taken back")
      },
    }
  }

  #settings(): LaunchSettings {
    const { images = [], imagesPath, programs, stateDir, api, proxyEnvironment } = this.#options
    const own = typeof images === 'function' ? images() : images
    return {
      images: [...own, ...builtInImages(programs)],
      imagesPath,
      preload: programs.preload ?? preloadPath(),
      runtimeId: stateDir,
      ...(api && { api }),
      ...(proxyEnvironment && { proxyEnvironment }),
    }
  }

  #find(namespace: string, name: string, container: string | undefined): { worker: PodWorker; unit: ContainerUnit } {
    const worker = [...this.#workers.values()].find((one) => one.namespace === namespace && one.name === name)
    if (!worker) throw failure(404, 'NotFound', `pods "${name}" not found`, { name, kind: 'pods' })
    const preferred = this.#informers.get('pods')?.get(name, namespace)?.metadata.annotations?.['kubectl.kubernetes.io/default-container']
    const wanted = container ?? preferred
    const unit = worker.units().find((one) => (wanted === undefined ? one.role === 'application' : one.name === wanted))
    if (!unit) throw badRequest(`container ${wanted ?? ''} is not valid for pod ${name}`)
    return { worker, unit }
  }

  /** Work that no caller waits for; `close` does. */
  #inBackground(work: Promise<unknown>, failure: string): void {
    const settled = work.catch((error: unknown) => this.#deps.logger.error(failure, { error: messageOf(error) }))
    this.#background.add(settled)
    void settled.then(() => this.#background.delete(settled))
  }
}

function graceMs(pod: Pod): number {
  return (pod.metadata.deletionGracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds ?? 30) * 1000
}
