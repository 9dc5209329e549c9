/**
 * One container of a Pod over its whole life: started, probed, restarted with back-off, stopped. The kubelet's
 * behaviour (pod lifecycle, KEP-753 for sidecars) over a detached local process instead of a container runtime.
 *
 *     waiting --start--> running --exit--> terminated          (done for good)
 *        ^                  |
 *        +---- back-off ----+--exit, to be restarted--
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Clock, isHeddleError, messageOf, type Timer } from '@heddle/base'
import type { Launch } from './container-launch.js'
import { containerLogPath, logTail, removeOldLogs } from './container-log-files.js'
import { type ContainerProbes, startContainerProbes } from './container-probes.js'
import { type ContainerProcess, type ProcessExit, startProcess } from './container-process.js'
import type { ContainerState, ContainerView, TerminatedState } from './container-state.js'
import { type HandlerTarget, runHandler } from './handler.js'
import { type ListeningPlace, untilListening } from './listening.js'
import type { Container, RestartPolicy } from './pod.js'
import type { ContainerRecord } from './pod-record.js'
import { createRestartBackoff } from './restart-backoff.js'

export interface ContainerContext {
  readonly podDirectory: string
  readonly podLabel: string
  readonly restartPolicy: RestartPolicy
  readonly role: ContainerView['role']
  /** What to run now. @throws HEDDLE_RUNTIME_IMAGE, HEDDLE_RUNTIME_CONFIG */
  readonly plan: (restartCount: number) => Launch
  readonly target: (launch: Launch) => HandlerTarget
  /** Where the program will listen, if it declares a TCP port. */
  readonly listensAt: ListeningPlace | undefined
  readonly event: (type: 'Normal' | 'Warning', reason: string, message: string) => void
  /** Called after every change of state, with the record to keep already current. */
  readonly onChange: () => void
  readonly clock: Clock
}

export interface ContainerUnit {
  readonly name: string
  readonly role: ContainerView['role']
  view(): ContainerView
  record(): ContainerRecord
  start(): void
  /** Goes on with a process of an earlier platform: it is as ready as it was, until a probe says otherwise. */
  adopt(process: ContainerProcess): void
  /** preStop, SIGTERM, and SIGKILL when the grace is over; nothing starts afterwards. */
  stop(graceMs: number): Promise<void>
  /** Leaves the process to the next platform: nothing of this one looks after it any more. */
  detach(): void
  /** What runs now, for commands in the container. */
  currentLaunch(): Launch | undefined
  /** True when it has ended for good. */
  isDone(): boolean
}

const configRetryMs = 2000
const livenessGraceMs = 30_000
/** A program without probes counts as ready after this long even if it does not listen. */
const listenBoundMs = 1000

export function createContainer(container: Container, context: ContainerContext, earlier: ContainerRecord | undefined): ContainerUnit {
  return new SupervisedContainer(container, context, earlier)
}

class SupervisedContainer implements ContainerUnit {
  readonly name: string
  readonly role: ContainerView['role']
  readonly #container: Container
  readonly #context: ContainerContext
  readonly #earlier: ContainerRecord | undefined
  readonly #backoff = createRestartBackoff()
  #state: ContainerState = { kind: 'waiting', reason: 'ContainerCreating' }
  #lastState: TerminatedState | undefined
  #restartCount: number
  #isStarted = false
  #isReady = false
  #isStopping = false
  #isDetached = false
  #imageFailures = 0
  #launch: Launch | undefined
  #process: ContainerProcess | undefined
  #probes: ContainerProbes | undefined
  #timer: Timer | undefined
  #runningSinceMs = 0

  constructor(container: Container, context: ContainerContext, earlier: ContainerRecord | undefined) {
    this.name = container.name
    this.role = context.role
    this.#container = container
    this.#context = context
    this.#earlier = earlier
    this.#restartCount = earlier?.restartCount ?? 0
    const end = earlier?.lastExit
    if (end) this.#lastState = { kind: 'terminated', ...end }
    if (this.#lastState && earlier?.isComplete) this.#state = this.#lastState
    if (context.role === 'application') this.#state = { kind: 'waiting', reason: 'PodInitializing' }
  }

  view(): ContainerView {
    const { name, role } = this
    return {
      name,
      role,
      image: this.#container.image ?? '',
      state: this.#state,
      lastState: this.#state === this.#lastState ? undefined : this.#lastState,
      restartCount: this.#restartCount,
      isStarted: this.#isStarted,
      isReady: this.#isReady,
    }
  }

  record(): ContainerRecord {
    const end = this.#state.kind === 'terminated' ? this.#state : this.#lastState
    return {
      restartCount: this.#restartCount,
      ...(this.#state.kind === 'running' && { startedAt: this.#state.startedAt }),
      ...(this.#process && { process: this.#process.identity, isStarted: this.#isStarted, isReady: this.#isReady }),
      ...(end && { lastExit: { exitCode: end.exitCode, startedAt: end.startedAt, finishedAt: end.finishedAt, reason: end.reason } }),
      ...(this.#state.kind === 'terminated' && this.#state.exitCode === 0 && { isComplete: true }),
    }
  }

  currentLaunch(): Launch | undefined {
    return this.#process ? this.#launch : undefined
  }

  isDone(): boolean {
    return this.#state.kind === 'terminated'
  }

  start(): void {
    if (this.#lastState) this.#restartCount++
    void this.#run()
  }

  adopt(process: ContainerProcess): void {
    this.#launch = this.#context.plan(this.#restartCount)
    this.#running(process, this.#earlier)
  }

  detach(): void {
    this.#isDetached = true
    this.#isStopping = true
    this.#timer?.cancel()
    this.#probes?.stop()
  }

  async stop(graceMs: number): Promise<void> {
    this.#isStopping = true
    this.#timer?.cancel()
    this.#probes?.stop()
    if (this.#process) {
      this.#context.event('Normal', 'Killing', `Stopping container ${this.name}`)
      await this.#end(this.#process, graceMs)
    }
  }

  async #run(): Promise<void> {
    if (this.#isStopping) return
    try {
      this.#launch = this.#context.plan(this.#restartCount)
    } catch (error) {
      this.#refuse(error)
      return
    }
    if (this.#launch.role === 'none') {
      this.#context.event(
        'Normal',
        'NotNeeded',
        `${this.name} sets up packet redirection, which the local platform does without; it counts as completed`,
      )
      const time = this.#time()
      this.#change({ kind: 'terminated', exitCode: 0, reason: 'Completed', startedAt: time, finishedAt: time })
      return
    }
    await this.#spawn(this.#launch)
  }

  /** An image or a reference that is missing may come; Kubernetes keeps looking, more and more rarely for images. */
  #refuse(error: unknown): void {
    const isImage = isHeddleError(error, 'HEDDLE_RUNTIME_IMAGE')
    const message = messageOf(error)
    const delayMs = isImage ? Math.min(10_000 * 2 ** this.#imageFailures++, 300_000) : configRetryMs
    this.#context.event('Warning', 'Failed', isImage ? `Failed to pull image: ${message}` : `Error: ${message}`)
    this.#change({ kind: 'waiting', reason: isImage ? 'ErrImagePull' : 'CreateContainerConfigError', message })
    this.#timer = this.#context.clock.setTimer(delayMs, () => void this.#run())
  }

  async #spawn(launch: Launch): Promise<void> {
    const logPath = containerLogPath(this.#context.podDirectory, this.name, this.#restartCount)
    mkdirSync(join(logPath, '..'), { recursive: true })
    mkdirSync(launch.workingDirectory, { recursive: true })
    removeOldLogs(this.#context.podDirectory, this.name, this.#restartCount)
    try {
      const process = await startProcess({ ...launch, logPath })
      this.#context.event('Normal', 'Started', `Started container ${this.name}: ${launch.command.join(' ')}`)
      this.#running(process)
    } catch (error) {
      const time = this.#time()
      const message = `${launch.command[0] ?? ''} could not be started: ${messageOf(error)}`
      this.#context.event('Warning', 'Failed', `Error: ${message}`)
      this.#ended({ kind: 'terminated', exitCode: 128, reason: 'StartError', message, startedAt: time, finishedAt: time }, 0)
    }
  }

  #running(process: ContainerProcess, earlier?: ContainerRecord): void {
    this.#process = process
    this.#imageFailures = 0
    this.#runningSinceMs = this.#context.clock.monotonicMs()
    const startedAt = earlier?.startedAt ?? this.#time()
    this.#isStarted = earlier?.isStarted ?? !this.#container.startupProbe
    this.#isReady = earlier?.isReady ?? (this.#isStarted && !this.#container.readinessProbe && !this.#isUnprobed())
    if (!this.#isReady && this.#isUnprobed()) this.#readyWhenListening(process)
    void process.exited.then((exit) => this.#exited(exit, startedAt))
    this.#change({ kind: 'running', startedAt })
    // It was asked to stop while it was starting.
    if (this.#isStopping && !this.#isDetached) process.kill()
    else this.#startProbes(process)
  }

  #isUnprobed(): boolean {
    const { readinessProbe, startupProbe } = this.#container
    return this.role === 'application' && !readinessProbe && !startupProbe && this.#context.listensAt !== undefined
  }

  /** In Kubernetes it is ready as soon as it runs, and the first requests of a Pod without probes meet a closed port. */
  #readyWhenListening(process: ContainerProcess): void {
    const { clock, listensAt } = this.#context
    const isOver = (): boolean => this.#process !== process || this.#isStopping
    void untilListening(listensAt as ListeningPlace, { clock, boundMs: listenBoundMs, isOver }).then(() => {
      if (!isOver()) this.#ready(true)
    })
  }

  #exited(exit: ProcessExit, startedAt: string): void {
    if (this.#isDetached) return
    this.#process = undefined
    const reason = exit.isKnown ? (exit.exitCode === 0 ? 'Completed' : 'Error') : 'ContainerStatusUnknown'
    const state: TerminatedState = { kind: 'terminated', exitCode: exit.exitCode, reason, startedAt, finishedAt: this.#time() }
    if (exit.exitCode !== 0 && !this.#isStopping) this.#explainPort()
    this.#ended(state, this.#context.clock.monotonicMs() - this.#runningSinceMs)
  }

  #ended(state: TerminatedState, ranMs: number): void {
    this.#probes?.stop()
    this.#isStarted = false
    this.#isReady = false
    if (this.#isStopping || !this.#isRestarted(state)) {
      this.#lastState = undefined
      this.#change(state)
      return
    }
    this.#lastState = state
    const delayMs = this.#backoff.next(ranMs)
    if (delayMs === 0) {
      this.#change({ kind: 'waiting', reason: state.reason })
    } else {
      const message = `back-off ${delayMs / 1000}s restarting failed container=${this.name} pod=${this.#context.podLabel}`
      this.#context.event('Warning', 'BackOff', `Back-off restarting failed container ${this.name}`)
      this.#change({ kind: 'waiting', reason: 'CrashLoopBackOff', message })
    }
    this.#timer = this.#context.clock.setTimer(delayMs, () => this.start())
  }

  #isRestarted(state: TerminatedState): boolean {
    if (this.role === 'sidecar') return true
    const { restartPolicy } = this.#context
    if (this.role === 'init') return state.exitCode !== 0 && restartPolicy !== 'Never'
    return restartPolicy === 'Always' || (restartPolicy === 'OnFailure' && state.exitCode !== 0)
  }

  #startProbes(process: ContainerProcess): void {
    const { lifecycle } = this.#container
    const target = this.#context.target(this.#launch as Launch)
    if (lifecycle?.postStart) {
      void runHandler(lifecycle.postStart, target, livenessGraceMs).then((result) => {
        if (result.ok || this.#process !== process) return
        this.#context.event('Warning', 'FailedPostStartHook', `PostStartHook failed: ${result.reason}`)
        void this.#end(process, livenessGraceMs)
      })
    }
    this.#probes = startContainerProbes(
      this.#container,
      this.#isStarted,
      target,
      {
        onStarted: () => {
          this.#isStarted = true
          this.#isReady = !this.#container.readinessProbe
          this.#context.onChange()
        },
        onReady: (isReady) => this.#ready(isReady),
        onFailed: (probe) => this.#restart(process, probe),
        onUnhealthy: (message) => this.#context.event('Warning', 'Unhealthy', message),
      },
      this.#context.clock,
    )
  }

  #ready(isReady: boolean): void {
    if (this.#isReady === isReady) return
    this.#isReady = isReady
    this.#context.onChange()
  }

  #restart(process: ContainerProcess, probe: string): void {
    this.#context.event('Normal', 'Killing', `Container ${this.name} failed ${probe} probe, will be restarted`)
    this.#probes?.stop()
    void this.#end(process, livenessGraceMs)
  }

  /** Resolves when the process is gone. The hook's time counts against the grace, as in Kubernetes. */
  async #end(process: ContainerProcess, graceMs: number): Promise<void> {
    const { clock } = this.#context
    const deadline = clock.setTimer(graceMs, () => process.kill())
    const { lifecycle } = this.#container
    if (lifecycle?.preStop && graceMs > 0) {
      const hook = runHandler(lifecycle.preStop, this.#context.target(this.#launch as Launch), graceMs)
      const result = await Promise.race([hook, process.exited.then(() => undefined)])
      if (result && !result.ok) this.#context.event('Warning', 'FailedPreStopHook', `PreStopHook failed: ${result.reason}`)
    }
    process.signal('SIGTERM')
    await process.exited
    deadline.cancel()
  }

  /** A program that takes its address for granted cannot share the machine's loopback; say so where the user looks. */
  #explainPort(): void {
    const line = logTail(containerLogPath(this.#context.podDirectory, this.name, this.#restartCount))
      .split('\n')
      .find((text) => /EADDRINUSE|address already in use/i.test(text))
    if (line === undefined) return
    this.#context.event(
      'Warning',
      'PortInUse',
      `container ${this.name} could not listen: ${line.trim()}. Pods share the machine's loopback: the program must listen on $HOST:$PORT, not on all addresses`,
    )
  }

  #change(state: ContainerState): void {
    this.#state = state
    this.#context.onChange()
  }

  #time(): string {
    return new Date(this.#context.clock.now()).toISOString().replace(/\.\d{3}Z$/, 'Z')
  }
}
