/**
 * Runs one Pod: volumes, init containers in order, native sidecars before what follows them, application containers,
 * and the end of all in reverse. It is told of changes by the runtime and writes status, record and events.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { delay, type Logger, messageOf } from '@heddle/base'
import { emptyNamesFile, type ResourceClient, statusOf, writeNamesFile } from '@heddle/client'
import { sameJson } from '../json-fields.js'
import type { CommandPlace } from './command-runner.js'
import { type ContainerContext, type ContainerUnit, createContainer } from './container.js'
import { type EarlierProcesses, findEarlierProcesses } from './earlier-processes.js'
import type { EventRecorder } from './events.js'
import { mountWarnings } from './mount-warnings.js'
import type { NamesContent } from './platform-names.js'
import { podType } from './pod-type.js'
import { type Container, isSidecar, type Pod, podName } from './pod.js'
import { createPodPlace, type PodPlace, type PodPlaceDeps } from './pod-place.js'
import type { PodRecord, PodRecords } from './pod-record.js'
import { podStatus } from './pod-status.js'
import { createPodVolumes, linkOnce, type PodVolumes } from './pod-volumes.js'
import { createRecordWriter, type RecordWriter } from './record-writer.js'
import { createStatusWriter, isGone, type StatusWriter } from './status-writer.js'
import { removeSocketFolder, withSocketFolder } from './workload-socket.js'

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
  /** Undefined while the container does not run. */
  execPlace(unit: ContainerUnit, command: readonly string[]): CommandPlace | undefined
}

export interface PodWorkerDeps extends PodPlaceDeps {
  readonly client: ResourceClient
  readonly logger: Logger
  readonly records: PodRecords
  readonly events: EventRecorder
  readonly onGone: (worker: PodWorker) => void
  /** A record was not written; it is tried again. */
  readonly onWriteFailure: (error: unknown) => void
}

const mountRetryMs = 2000
/** Between the end of a Pod's place in its Services and its SIGTERM: until then proxies may still send to it. */
const farewellMs = 1000

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
  readonly #recordWriter: RecordWriter
  readonly #initUnits: readonly ContainerUnit[]
  readonly #applicationUnits: readonly ContainerUnit[]
  readonly #place: PodPlace
  readonly #earlier: EarlierProcesses
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
  /** Wakes whoever waits for a change of any container. */
  #wake: () => void = () => {}

  constructor(pod: Pod, record: PodRecord, deps: PodWorkerDeps) {
    this.#pod = pod
    this.#record = withSocketFolder(record)
    this.#deps = deps
    this.uid = record.uid
    this.namespace = record.namespace
    this.name = record.name
    this.#directory = deps.records.directoryOf(record.uid)
    this.#lastStatus = pod.status
    this.#startTime = pod.status?.startTime ?? this.#time()
    this.#volumes = createPodVolumes(this.#directory, deps)
    this.#place = createPodPlace(() => this.#pod, this.#record, this.#directory, deps)
    this.#earlier = findEarlierProcesses(record, deps.clock)
    this.#initUnits = (pod.spec.initContainers ?? []).map((one) => this.#unit(one, isSidecar(one) ? 'sidecar' : 'init'))
    this.#applicationUnits = pod.spec.containers.map((one) => this.#unit(one, 'application'))
    this.#recordWriter = createRecordWriter(deps)
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
    this.#volumes.write(this.#place.sources()).catch((error: unknown) => {
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
    if (podIp !== appAddress && !this.#isMounted && this.#earlier.isEmpty) writeNamesFile(join(shared, 'names.json'), file)
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
    this.#recordWriter.close()
    this.#deps.records.remove(this.uid)
    await this.#deleteFromApi()
    this.#deps.events.forget(this.#pod)
    this.#deps.onGone(this)
  }

  detach(): void {
    this.#isEnding = true
    this.#recordWriter.close()
    for (const unit of this.units()) unit.detach()
    this.#volumes.close()
    this.#status.close()
    this.#wake()
  }

  async suspend(graceMs: number): Promise<void> {
    await this.#stopAll(graceMs)
    removeSocketFolder(this.#record)
    this.#volumes.close()
    await this.#status.end()
    this.#recordWriter.close()
  }

  execPlace(unit: ContainerUnit, command: readonly string[]): ReturnType<PodWorker['execPlace']> {
    const launch = unit.currentLaunch()
    return launch && this.#place.commandPlace(launch, command)
  }

  async #run(): Promise<void> {
    this.#adoptAll()
    this.#persist()
    for (const { reason, message } of mountWarnings(this.#pod)) this.#event('Warning', reason, message)
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
      const process = this.#earlier.take(unit.name)
      if (process) unit.adopt(process)
    }
    this.#isAdopting = false
  }

  /** Waits for required objects, looking again when one changes; the sandbox is not started without them, as in Kubernetes. */
  async #mount(): Promise<void> {
    while (!this.#isEnding) {
      const seen = this.#changes
      try {
        await this.#volumes.write(this.#place.sources())
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
    if (!this.#earlier.ranOn(unit.name) && !unit.isDone()) unit.start()
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
    await this.#earlier.end()
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
      plan: (restartCount) => this.#place.plan(container, restartCount),
      target: (launch) => this.#place.target(container, launch),
      listensAt: this.#place.listensAt(container),
      event: (type, reason, message) => this.#deps.events.record(this.#pod, type, reason, message, container.name),
      onChange: () => {
        this.#persist()
        if (this.#isAdopting) return
        this.#status.changed()
        this.#wake()
      },
      clock: this.#deps.clock,
    }
    const lost = { startTime: this.#startTime, nowTime: this.#time() }
    return createContainer(container, context, this.#earlier.earlierRun(container.name, lost))
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
    this.#recordWriter.write(this.#record)
  }

  /** Until it is adopted, a process of the earlier platform stays in the record. */
  #containerRecord(unit: ContainerUnit): PodRecord['containers'][string] {
    return this.#earlier.recordOf(unit.name) ?? unit.record()
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
