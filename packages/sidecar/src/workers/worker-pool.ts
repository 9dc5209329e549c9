/**
 * The data plane in several processes on the same listening sockets (node:cluster). This process, the primary, holds what
 * there is once - control plane, identity, files, pages - and hands it down. A configuration counts as applied when every
 * worker has it. A worker that ends takes only its own requests along; the next one starts with what was applied last.
 */
import cluster from 'node:cluster'
import { type Clock, HeddleError, type Logger, type Timer } from '@heddle/base'
import type { ApplyIssue, ApplyResult, RefusedResource } from '@heddle/proxy-core'
import { emptyProxyConfig, type ProxyConfig } from '@heddle/routing'
import type { DataPlane, DataPlaneView } from '../engine/data-plane.js'
import type { MeshNames } from '../engine/mesh-names.js'
import type { WorkloadSecrets } from '../identity/workload-secrets.js'
import { configShare } from './limit-share.js'
import { mergeMetrics, mergeViews } from './merged-view.js'
import { WorkerHandle, type WorkerListener } from './worker-handle.js'
import type { AccessEntry, FromWorker, ToWorker } from './worker-messages.js'

export interface WorkerPoolOptions {
  readonly count: number
  readonly secrets: WorkloadSecrets
  readonly names: MeshNames
  readonly onRecord: (entry: AccessEntry) => void
  /** Called when a refused resource came into force without a new configuration. */
  readonly onRecovered: () => void
}

export interface WorkerPoolDeps {
  readonly clock: Clock
  readonly logger: Logger
}

const startDeadlineMs = 30_000
const firstRestartMs = 100
const longestRestartMs = 5000
/** A worker that lived for so long does not count as one that fails at its start. */
const steadyMs = 30_000
/** After the drain's own deadline. */
const killGraceMs = 1000

/** Workers run this process's own program again; one pool a process. */
export function createWorkerPool(options: WorkerPoolOptions, deps: WorkerPoolDeps): DataPlane {
  return new WorkerPool(options, deps)
}

interface Place {
  worker: WorkerHandle | undefined
  /** Whether it has the last configuration. */
  serves: boolean
  startedMs: number
  restartMs: number
  timer: Timer | undefined
}

class WorkerPool implements DataPlane, WorkerListener {
  readonly #options: WorkerPoolOptions
  readonly #deps: WorkerPoolDeps
  readonly #places: readonly Place[]
  readonly #stops: (() => void)[] = []
  #config: ProxyConfig = emptyProxyConfig
  #refused: readonly RefusedResource[] = []
  #isEnding = false
  #onStarted: (() => void) | undefined

  constructor(options: WorkerPoolOptions, deps: WorkerPoolDeps) {
    this.#options = options
    this.#deps = deps
    this.#places = Array.from({ length: options.count }, () => ({
      worker: undefined,
      serves: false,
      startedMs: 0,
      restartMs: firstRestartMs,
      timer: undefined,
    }))
  }

  async start(): Promise<void> {
    const { secrets, names } = this.#options
    cluster.setupPrimary({ serialization: 'advanced' })
    this.#stops.push(
      secrets.subscribe((name) => this.#tellAll({ kind: 'secrets', secrets: [[name, secrets.get(name)]] })),
      names.subscribe(() => this.#tellAll({ kind: 'names', table: names.table })),
    )
    const started = new Promise<void>((resolve, reject) => {
      const deadline = this.#deps.clock.setTimer(startDeadlineMs, () => reject(startError()))
      this.#onStarted = () => {
        deadline.cancel()
        resolve()
      }
    })
    for (const index of this.#places.keys()) this.#fork(index)
    await started
  }

  async apply(config: ProxyConfig): Promise<ApplyResult> {
    this.#config = config
    const results = await Promise.all(this.#places.map((place) => this.#applyTo(place, config)))
    const result = mergeResults(results)
    this.#refused = result.kind === 'applied' ? [] : (await this.view()).refused
    return result
  }

  async drain({ deadlineMs }: { readonly deadlineMs: number }): Promise<void> {
    this.#isEnding = true
    for (const stop of this.#stops.splice(0)) stop()
    for (const { timer } of this.#places) timer?.cancel()
    const workers = this.#workers()
    const cut = this.#deps.clock.setTimer(deadlineMs + killGraceMs, () => workers.forEach((worker) => worker.kill()))
    await Promise.all(workers.map((worker) => worker.drain(deadlineMs)))
    cut.cancel()
  }

  async view(): Promise<DataPlaneView> {
    const views = await Promise.all(this.#workers().map((worker) => worker.view()))
    const merged = mergeViews(views.filter((view) => view !== undefined))
    this.#refused = merged.refused
    // Workers hold their share of its limits.
    return merged.refused.length === 0 ? { ...merged, config: this.#config } : merged
  }

  async metrics(): Promise<string> {
    const texts = await Promise.all(this.#workers().map((worker) => worker.metrics()))
    return mergeMetrics(texts.filter((text) => text !== undefined))
  }

  refused(): readonly RefusedResource[] {
    return this.#refused
  }

  onNews(worker: WorkerHandle, news: Exclude<FromWorker, { readonly id: number }>): void {
    if (news.kind === 'records') for (const entry of news.entries) this.#options.onRecord(entry)
    else if (news.kind === 'recovered') this.#options.onRecovered()
    else void this.#began(worker)
  }

  onExit(worker: WorkerHandle, reason: string): void {
    const place = this.#places[worker.index - 1] as Place
    place.worker = undefined
    place.serves = false
    if (this.#isEnding) return
    const { clock, logger } = this.#deps
    if (clock.monotonicMs() - place.startedMs > steadyMs) place.restartMs = firstRestartMs
    logger.error('a worker ended; another one takes its place', { worker: worker.index, reason, inMs: place.restartMs })
    place.timer = clock.setTimer(place.restartMs, () => this.#fork(worker.index - 1))
    place.restartMs = Math.min(place.restartMs * 2, longestRestartMs)
  }

  #fork(index: number): void {
    const place = this.#places[index] as Place
    place.startedMs = this.#deps.clock.monotonicMs()
    place.worker = new WorkerHandle(index + 1, cluster.fork({ HEDDLE_PROXY_WORKER: String(index + 1) }), this)
  }

  /** Its program runs: it gets everything, and takes connections after that. */
  async #began(worker: WorkerHandle): Promise<void> {
    const { secrets, names } = this.#options
    const place = this.#places[worker.index - 1] as Place
    worker.tell({ kind: 'names', table: names.table })
    worker.tell({ kind: 'secrets', secrets: secrets.names().map((name) => [name, secrets.get(name)] as const) })
    if ((await this.#applyTo(place, this.#config)) === undefined) return
    this.#deps.logger.info('a worker serves', { worker: worker.index, pid: worker.pid })
    if (this.#places.every(({ serves }) => serves)) this.#onStarted?.()
  }

  /** A place without a worker has nothing to refuse: its next one starts with the configuration. */
  async #applyTo(place: Place, config: ProxyConfig): Promise<ApplyResult | undefined> {
    const { worker } = place
    if (worker === undefined) return undefined
    const { secrets, count } = this.#options
    worker.tell({ kind: 'secrets', secrets: secrets.names().map((name) => [name, secrets.get(name)] as const) })
    const result = await worker.apply(configShare(config, count))
    if (result !== undefined) place.serves = true
    return result
  }

  #tellAll(message: ToWorker): void {
    for (const worker of this.#workers()) worker.tell(message)
  }

  #workers(): readonly WorkerHandle[] {
    return this.#places.flatMap(({ worker }) => (worker === undefined ? [] : [worker]))
  }
}

/** What one worker cannot use is not in force: all of them are named, each once. */
function mergeResults(results: readonly (ApplyResult | undefined)[]): ApplyResult {
  const issues = new Map<string, ApplyIssue>()
  for (const result of results) {
    if (result?.kind === 'applied-in-part') for (const issue of result.issues) issues.set(`${issue.kind} ${issue.name}`, issue)
  }
  return issues.size === 0 ? { kind: 'applied' } : { kind: 'applied-in-part', issues: [...issues.values()] }
}

function startError(): HeddleError {
  return new HeddleError({
    code: 'HEDDLE_PROXY_WORKER',
    message: `the workers did not all start within ${startDeadlineMs / 1000} s`,
    origin: 'internal',
    retryable: true,
    hint: 'Start with --concurrency 1, and look at the log for what the workers said.',
  })
}
