/**
 * Runs one Pod: volumes, init containers in order, native sidecars before what follows them, application containers,
 * and the end of all in reverse. It is told of changes by the runtime and writes status, record and events.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Clock, delay, type Logger, messageOf } from '@heddle/base'
import { boundPort, emptyNamesFile, type KubernetesObject, type ResourceClient, statusOf, writeNamesFile } from '@heddle/client'
import { sameJson } from '../json-fields.js'
import { runCommand } from './command-runner.js'
import { type ContainerContext, type ContainerUnit, createContainer } from './container.js'
import { execEnvironment, type Launch, type LaunchContext, type LaunchSettings, planLaunch } from './container-launch.js'
import { adoptProcess, type ContainerProcess } from './container-process.js'
import type { EventRecorder } from './events.js'
import type { HandlerTarget } from './handler.js'
import type { NamesContent } from './platform-names.js'
import { type Container, isSidecar, type Pod, podName } from './pod.js'
import type { ContainerRecord, PodRecord, PodRecords } from './pod-record.js'
import { podStatus } from './pod-status.js'
import type { ListeningPlace } from './listening.js'
import { createPodVolumes, linkOnce, type PodVolumes } from './pod-volumes.js'
import { createStatusWriter, isGone, type StatusWriter } from './status-writer.js'
import { unsupportedKind, type VolumeSources } from './volume-files.js'

export interface PodWorker {
  readonly uid: string
  readonly namespace: string
  readonly name: string
  readonly record: PodRecord
  units(): readonly ContainerUnit[]
  start(): void
  /** Resolves when the API has the Pod's status as it is now. */
  reported(): Promise<void>
  /** The Pod as the API has it now. */
  update(pod: Pod): void
  /** A config map or secret changed. */
  refresh(): void
  writeNames(content: NamesContent): void
  /** Ends the Pod in order, then deletes it from the API if it is to be deleted, and forgets it. */
  terminate(graceMs: number): Promise<void>
  /** Leaves the processes to the next platform. */
  detach(): void
  /** Ends the processes and keeps the Pod, for a platform that goes down. */
  suspend(graceMs: number): Promise<void>
  execPlace(
    unit: ContainerUnit,
    command: readonly string[],
  ): { environment: Readonly<Record<string, string>>; workingDirectory: string; podIp: string } | undefined
}

export interface PodWorkerDeps {
  readonly client: ResourceClient
  readonly clock: Clock
  readonly logger: Logger
  readonly records: PodRecords
  readonly events: EventRecorder
  readonly settings: () => LaunchSettings
  readonly nodeName: string
  readonly hostIp: string
  readonly configMap: (name: string, namespace: string) => KubernetesObject | undefined
  readonly secret: (name: string, namespace: string) => KubernetesObject | undefined
  readonly onGone: (worker: PodWorker) => void
}

const podType = { group: '', version: 'v1', plural: 'pods' } as const
const serviceAccountPath = '/var/run/secrets/kubernetes.io/serviceaccount'
const mountRetryMs = 2000
/** Between the end of a Pod's place in its Services and its SIGTERM: until then proxies may still send to it. */
const farewellMs = 300

export function createPodWorker(pod: Pod, record: PodRecord, deps: PodWorkerDeps): PodWorker {
  return new LocalPod(pod, record, deps)
}

class LocalPod implements PodWorker {
  readonly uid: string
  readonly namespace: string
  readonly name: string
  readonly #deps: PodWorkerDeps
  readonly #directory: string
  readonly #volumes: PodVolumes
  readonly #status: StatusWriter
  readonly #initUnits: readonly ContainerUnit[]
  readonly #applicationUnits: readonly ContainerUnit[]
  /** Processes of an earlier platform that are not yet looked after. */
  readonly #adopted = new Map<string, ContainerProcess>()
  readonly #adoptedNames: ReadonlySet<string>
  readonly #startTime: string
  #pod: Pod
  #record: PodRecord
  #names: NamesContent | undefined
  #lastStatus: Pod['status']
  #isEnding = false
  #isMounted = false
  #isAdopting = false
  #isLeaving = false
  /** Counts changes of objects, so that one which comes while volumes are being written is not missed. */
  #changes = 0
  #isForgotten = false
  /** Wakes whoever waits for a change of any container. */
  #wake: () => void = () => {}

  constructor(pod: Pod, record: PodRecord, deps: PodWorkerDeps) {
    this.#pod = pod
    this.#record = record
    this.#deps = deps
    this.uid = record.uid
    this.namespace = record.namespace
    this.name = record.name
    this.#directory = deps.records.directoryOf(record.uid)
    this.#lastStatus = pod.status
    this.#startTime = pod.status?.startTime ?? this.#time()
    this.#volumes = createPodVolumes(this.#directory, deps)
    for (const [name, container] of Object.entries(record.containers)) {
      const process = container.process && adoptProcess(container.process, deps.clock)
      if (process) this.#adopted.set(name, process)
    }
    this.#adoptedNames = new Set(this.#adopted.keys())
    this.#initUnits = (pod.spec.initContainers ?? []).map((one) => this.#unit(one, isSidecar(one) ? 'sidecar' : 'init'))
    this.#applicationUnits = pod.spec.containers.map((one) => this.#unit(one, 'application'))
    this.#status = createStatusWriter(pod, () => this.#computeStatus(), deps)
  }

  get record(): PodRecord {
    return this.#record
  }

  units(): readonly ContainerUnit[] {
    return [...this.#initUnits, ...this.#applicationUnits]
  }

  async reported(): Promise<void> {
    this.#status.changed()
    await this.#status.flushed()
  }

  start(): void {
    this.#run().catch((error: unknown) => {
      this.#deps.logger.error('a Pod could not be run', { pod: podName(this.#pod), error: messageOf(error) })
      this.#event('Warning', 'FailedCreatePodSandBox', messageOf(error))
    })
  }

  update(pod: Pod): void {
    const isSameMetadata = sameJson(
      { labels: pod.metadata.labels, annotations: pod.metadata.annotations },
      { labels: this.#pod.metadata.labels, annotations: this.#pod.metadata.annotations },
    )
    this.#pod = pod
    this.#status.observed(pod.status)
    if (!isSameMetadata) this.refresh()
  }

  refresh(): void {
    this.#changes++
    if (!this.#isMounted) {
      this.#wake()
      return
    }
    this.#volumes.write(this.#sources()).catch((error: unknown) => {
      this.#deps.logger.debug('volumes were not refreshed', { pod: podName(this.#pod), error: messageOf(error) })
    })
  }

  writeNames(content: NamesContent): void {
    if (sameJson(content, this.#names) || this.#isEnding) return
    this.#names = content
    const { podIp, appAddress, token } = this.#record
    const file = { ...emptyNamesFile(token), ...content }
    const shared = join(this.#directory, 'shared')
    mkdirSync(shared, { recursive: true })
    writeNamesFile(join(shared, 'platform-names.json'), file)
    // In an injected Pod the sidecar owns this file as soon as it is up.
    if (podIp !== appAddress && !this.#isMounted && this.#adoptedNames.size === 0) writeNamesFile(join(shared, 'names.json'), file)
  }

  async terminate(graceMs: number): Promise<void> {
    if (graceMs > 0 && (this.#isEnding || this.#isLeaving)) return
    this.#isLeaving = true
    const waitedMs = await this.#sayFarewell(graceMs)
    // Meanwhile it may have been ended at once, or suspended.
    if (waitedMs > 0 && this.#isEnding) return
    await this.#stopAll(graceMs - waitedMs)
    this.#volumes.close()
    this.#status.changed()
    await this.#status.flushed()
    this.#status.close()
    this.#isForgotten = true
    this.#deps.records.remove(this.uid)
    await this.#deleteFromApi()
    this.#deps.events.forget(this.#pod)
    this.#deps.onGone(this)
  }

  detach(): void {
    this.#isEnding = true
    this.#isForgotten = true
    for (const unit of this.units()) unit.detach()
    this.#volumes.close()
    this.#status.close()
    this.#wake()
  }

  async suspend(graceMs: number): Promise<void> {
    await this.#stopAll(graceMs)
    this.#volumes.close()
    await this.#status.flushed()
    this.#status.close()
  }

  execPlace(unit: ContainerUnit, command: readonly string[]): ReturnType<PodWorker['execPlace']> {
    const launch = unit.currentLaunch()
    return launch && this.#place(launch, command)
  }

  async #run(): Promise<void> {
    this.#adoptAll()
    this.#persist()
    this.#warnAboutMounts()
    await this.#mount()
    await this.#initialize()
    if (this.#isEnding) return
    for (const unit of this.#applicationUnits) this.#begin(unit)
    await this.#until(() => this.#isEnding || this.#applicationUnits.every((unit) => unit.isDone()))
    if (this.#isEnding) return
    await this.#stopSidecars(this.#graceMs())
    this.#status.changed()
  }

  /** All at once and before the first report, so that nobody is told that what serves does not. */
  #adoptAll(): void {
    this.#isAdopting = true
    for (const unit of this.units()) {
      const process = this.#adopted.get(unit.name)
      if (!process) continue
      unit.adopt(process)
      this.#adopted.delete(unit.name)
    }
    this.#isAdopting = false
  }

  /** Waits for required objects, looking again when one changes; the sandbox is not started without them, as in Kubernetes. */
  async #mount(): Promise<void> {
    while (!this.#isEnding) {
      const seen = this.#changes
      try {
        await this.#volumes.write(this.#sources())
        mkdirSync(join(this.#directory, 'shared'), { recursive: true })
        for (const unit of this.units()) linkShared(this.#directory, unit.name)
        this.#isMounted = true
        return
      } catch (error) {
        if (isGone(error)) return
        this.#event('Warning', 'FailedMount', messageOf(error))
        this.#status.changed()
        if (seen === this.#changes) await this.#wokenOrAfter(mountRetryMs)
      }
    }
  }

  async #initialize(): Promise<void> {
    for (const unit of this.#initUnits) {
      if (this.#isEnding) return
      this.#begin(unit)
      await this.#until(() => this.#isEnding || this.#isPast(unit))
      if (unit.role === 'init' && !hasSucceeded(unit)) return this.#failInitialization()
    }
  }

  /** An init container is past when it ended for good, a sidecar when its startup probe succeeded. */
  #isPast(unit: ContainerUnit): boolean {
    return unit.role === 'sidecar' ? unit.view().isStarted : unit.isDone()
  }

  /** With restart policy Never a failed init container is the Pod's end; `isDone` already covered the other policies. */
  async #failInitialization(): Promise<void> {
    await this.#stopSidecars(this.#graceMs())
    this.#status.changed()
    await this.#until(() => this.#isEnding)
  }

  #begin(unit: ContainerUnit): void {
    if (!this.#adoptedNames.has(unit.name) && !unit.isDone()) unit.start()
  }

  /**
   * A Pod that is going has left its EndpointSlices, but the news takes its way through the control plane. A kubelet does
   * not wait for that, and on a cluster people add a preStop hook that sleeps. @returns how long it took
   */
  async #sayFarewell(graceMs: number): Promise<number> {
    const isServing = this.#applicationUnits.some((unit) => unit.view().isReady)
    if (!isServing || graceMs <= farewellMs) return 0
    await delay(this.#deps.clock, farewellMs)
    return farewellMs
  }

  async #stopAll(graceMs: number): Promise<void> {
    this.#isEnding = true
    this.#wake()
    // What was to be adopted and never was: the Pod ended before it got there.
    for (const process of this.#adopted.values()) process.kill()
    await Promise.all(this.#adopted.size > 0 ? [...this.#adopted.values()].map((process) => process.exited) : [])
    this.#adopted.clear()
    const startMs = this.#deps.clock.monotonicMs()
    await Promise.all(this.#applicationUnits.map((unit) => unit.stop(graceMs)))
    for (const unit of this.#initUnits) if (unit.role === 'init') await unit.stop(0)
    await this.#stopSidecars(Math.max(graceMs > 0 ? 1 : 0, graceMs - (this.#deps.clock.monotonicMs() - startMs)))
  }

  /** In reverse order, so that a sidecar outlives what was started after it (KEP-753). */
  async #stopSidecars(graceMs: number): Promise<void> {
    for (const unit of this.#initUnits.filter((one) => one.role === 'sidecar').toReversed()) await unit.stop(graceMs)
  }

  async #deleteFromApi(): Promise<void> {
    try {
      await this.#deps.client.delete(podType, this.name, this.namespace, { gracePeriodSeconds: 0, uid: this.uid })
    } catch (error) {
      // 409: another Pod has the name by now.
      if (!isGone(error) && statusOf(error)?.code !== 409)
        this.#deps.logger.warn('a Pod was not deleted from the API', { pod: podName(this.#pod), error: messageOf(error) })
    }
  }

  #unit(container: Container, role: ContainerContext['role']): ContainerUnit {
    const context: ContainerContext = {
      role,
      podDirectory: this.#directory,
      podLabel: `${this.name}_${this.namespace}(${this.uid})`,
      restartPolicy: this.#pod.spec.restartPolicy ?? 'Always',
      plan: (restartCount) => planLaunch(container, restartCount, this.#launchContext()),
      target: (launch) => this.#target(container, launch),
      listensAt: this.#listensAt(container),
      event: (type, reason, message) => this.#deps.events.record(this.#pod, type, reason, message, container.name),
      onChange: () => {
        this.#persist()
        if (this.#isAdopting) return
        this.#status.changed()
        this.#wake()
      },
      clock: this.#deps.clock,
    }
    return createContainer(container, context, this.#earlierRun(container.name))
  }

  /** How the container stood when this platform took over. */
  #earlierRun(name: string): ContainerRecord | undefined {
    const earlier = this.#record.containers[name]
    if (!earlier || this.#adopted.has(name)) return earlier
    const { process, startedAt = this.#startTime, ...rest } = earlier
    // Its process was lost with the platform: nobody knows how it ended.
    const lastExit = process ? { exitCode: 137, reason: 'ContainerStatusUnknown', startedAt, finishedAt: this.#time() } : rest.lastExit
    // A Pod whose processes are all gone starts from the beginning, init containers included, as after a node's restart.
    const isComplete = rest.isComplete === true && this.#adopted.size > 0
    return { restartCount: rest.restartCount, isComplete, ...(lastExit && { lastExit }) }
  }

  #listensAt(container: Container): ListeningPlace | undefined {
    const declared = container.ports?.find(({ protocol = 'TCP' }) => protocol === 'TCP')?.containerPort
    const { appAddress, portMap } = this.#record
    return declared === undefined ? undefined : { host: appAddress, port: boundPort(portMap, declared) }
  }

  #target(container: Container, launch: Launch): HandlerTarget {
    const { clock } = this.#deps
    return {
      container,
      clock,
      podIp: this.#record.podIp,
      boundPort: (declared) => boundPort(this.#record.portMap, declared),
      run: (command, timeoutMs) =>
        runCommand(command, this.#place(launch, command), { timeoutMs, onTimeout: (callback) => clock.setTimer(timeoutMs, callback) }),
    }
  }

  #place(launch: Launch, command: readonly string[]): NonNullable<ReturnType<PodWorker['execPlace']>> {
    const environment = execEnvironment(launch, command, this.#launchContext())
    return { environment, workingDirectory: launch.workingDirectory, podIp: this.#record.podIp }
  }

  #launchContext(): LaunchContext {
    return { settings: this.#deps.settings(), record: this.#record, podDirectory: this.#directory, sources: this.#sources() }
  }

  #sources(): VolumeSources {
    return {
      pod: this.#pod,
      place: { podIp: this.#record.podIp, nodeName: this.#deps.nodeName, hostIp: this.#deps.hostIp },
      configMap: (name) => this.#deps.configMap(name, this.namespace),
      secret: (name) => this.#deps.secret(name, this.namespace),
    }
  }

  #computeStatus(): object {
    const status = podStatus({
      pod: this.#lastStatus ? { ...this.#pod, status: this.#lastStatus } : this.#pod,
      containers: this.#applicationUnits.map((unit) => unit.view()),
      initContainers: this.#initUnits.map((unit) => unit.view()),
      addresses: { podIp: this.#record.podIp, hostIp: this.#deps.hostIp },
      startTime: this.#startTime,
      nowTime: this.#time(),
    })
    this.#lastStatus = status
    return status
  }

  #persist(): void {
    const containers = Object.fromEntries(this.units().map((unit) => [unit.name, this.#containerRecord(unit)]))
    this.#record = { ...this.#record, containers }
    if (!this.#isForgotten) this.#deps.records.write(this.#record)
  }

  /** Until it is adopted, a process of the earlier platform stays in the record. */
  #containerRecord(unit: ContainerUnit): PodRecord['containers'][string] {
    return (this.#adopted.has(unit.name) ? this.#record.containers[unit.name] : undefined) ?? unit.record()
  }

  /** Programs see the machine's own files: a mount is found below `HEDDLE_POD_ROOT`, and only by who looks there. */
  #warnAboutMounts(): void {
    const { volumes = [], containers } = this.#pod.spec
    for (const volume of volumes) {
      const kind = unsupportedKind(volume)
      if (kind === undefined) continue
      const message = `volume "${volume.name}" is a ${kind}, which the local platform does not have; it is an empty folder`
      this.#event('Warning', 'VolumeNotSupported', message)
    }
    for (const container of containers.filter((one) => one.name !== 'istio-proxy')) {
      const paths = (container.volumeMounts ?? []).map((mount) => mount.mountPath).filter((path) => path !== serviceAccountPath)
      if (paths.length === 0) continue
      const message = `container ${container.name} finds ${paths.join(', ')} below $HEDDLE_POD_ROOT, not at the root of the file system`
      this.#event('Warning', 'MountNotVisible', message)
    }
  }

  #event(type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.#deps.events.record(this.#pod, type, reason, message)
  }

  #graceMs(): number {
    return (this.#pod.spec.terminationGracePeriodSeconds ?? 30) * 1000
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => (this.#wake = resolve))
  }

  #wokenOrAfter(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#deps.clock.setTimer(delayMs, resolve)
      this.#wake = () => {
        timer.cancel()
        resolve()
      }
    })
  }

  #time(): string {
    return new Date(this.#deps.clock.now()).toISOString().replace(/\.\d{3}Z$/, 'Z')
  }
}

function hasSucceeded(unit: ContainerUnit): boolean {
  const { state } = unit.view()
  return state.kind === 'terminated' && state.exitCode === 0
}

/** The Pod's shared folder appears as `heddle` in every container's root. */
function linkShared(podDirectory: string, container: string): void {
  const root = join(podDirectory, 'containers', container, 'root')
  mkdirSync(root, { recursive: true })
  linkOnce(join(podDirectory, 'shared'), join(root, 'heddle'))
}
