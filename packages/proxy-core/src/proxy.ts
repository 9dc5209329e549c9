/**
 * The proxy as embedders hold it. `apply` compiles and binds a configuration before anything changes, and then replaces the
 * last one in one step. A resource that cannot be used keeps its last good version, or stays away, and is named; its
 * neighbours apply. Listeners that did not change keep their sockets and their connections; those that did keep their
 * connections too, which end after their current answer. What could not be bound is tried again with back-off.
 */
import type { Socket } from 'node:net'
import { HeddleError, messageOf, type Timer } from '@heddle/base'
import { emptyProxyConfig, type Listener, type ProxyConfig } from '@heddle/routing'
import { type ApplyIssue, createRefusedResources, type RefusedResource, type RefusedResources } from './config/apply-issue.js'
import type { ClusterRuntime } from './cluster/cluster-runtime.js'
import { compileConfig, isSame, snapshotOf } from './config/compile-config.js'
import { AcceptedConnection } from './connection/accepted-connection.js'
import { createDataPath } from './data-path.js'
import type { BindTarget, ProxyDeps } from './deps.js'
import { containPromise } from './guard/guarded-deps.js'
import { explainRequest } from './explain/explain.js'
import type { ExplainRequest, Explanation } from './explain/explanation.js'
import { injectRequest } from './inject/inject.js'
import type { InjectRequest, InjectResponse } from './inject/inject-request.js'
import { type BoundAddress, type BoundListeners, createBoundListeners } from './listener/bound-listeners.js'
import type { ListenerRuntime } from './listener/listener-runtime.js'
import type { Snapshot } from './config/snapshot.js'
import { proxyStats } from './collect-stats.js'
import type { ProxyStats } from './stats.js'
import { acceptChannel, adoptionWorks } from './transport/accept.js'

export type ApplyResult =
  | { readonly kind: 'applied' }
  /** The named resources keep their last good version, or stay away; everything else is in force. */
  | { readonly kind: 'applied-in-part'; readonly issues: readonly ApplyIssue[] }

export interface BoundListener {
  readonly name: string
  readonly address: string
  /** The port that was bound. */
  readonly port: number
  readonly connections: number
}

export interface Proxy {
  /** Binds the listeners of the configuration. @throws HEDDLE_PROXY_LISTEN when an address cannot be bound. */
  start(): Promise<void>
  /** Replaces the configuration. Before `start` nothing is bound. Never rejects for what the configuration says. */
  apply(config: Partial<ProxyConfig>): Promise<ApplyResult>
  /** Stops accepting, ends idle HTTP connections, lets the others finish, and cuts what is left at the deadline. */
  drain(options: { readonly deadlineMs: number }): Promise<void>
  /** Cuts everything. Idempotent. */
  close(): Promise<void>
  stats(): ProxyStats
  /** The configuration in force: refused resources in their last good version. */
  configDump(): ProxyConfig
  /** What of the newest configuration is not in force, or not on all of its addresses. */
  refused(): readonly RefusedResource[]
  /** Runs one request in memory, without a port. @throws HEDDLE_PROXY_LISTENER_UNKNOWN */
  inject(request: InjectRequest): Promise<InjectResponse>
  /** What would become of a request, with every rule that was tried and why it was passed over. Nothing is sent. @throws HEDDLE_PROXY_LISTENER_UNKNOWN */
  explain(request: ExplainRequest): Explanation
  listeners(): readonly BoundListener[]
}

const defaultMaxConnections = 10_000

/** What cannot be used of the first configuration is left out, logged and shown by `refused`; lists that are absent are empty. */
export function createProxy(config: Partial<ProxyConfig> = {}, deps: ProxyDeps = {}): Proxy {
  const engine = new Engine(deps)
  engine.install({ ...emptyProxyConfig, ...config })
  return engine
}

/** Between attempts to bind what could not be bound: doubled each time. */
const firstRetryMs = 500
const longestRetryMs = 8000
/** Between looks at shared addresses that another process has. */
const takeOverMs = 100

class Engine implements Proxy {
  readonly #deps: ProxyDeps
  readonly #path: ReturnType<typeof createDataPath>
  #snapshot: Snapshot = {
    config: emptyProxyConfig,
    listeners: new Map(),
    byAddress: new Map(),
    routes: new Map(),
    clusters: new Map(),
    assignments: new Map(),
  }
  readonly #sockets: BoundListeners
  readonly #refused: RefusedResources
  readonly #connections = new Set<AcceptedConnection>()
  #nextId = 1
  #started = false
  #draining = false
  #adopt = true
  #applying: Promise<unknown> = Promise.resolve()
  #onQuiet: (() => void) | undefined
  #wanted: ProxyConfig = emptyProxyConfig
  #retry: Timer | undefined
  #takeOver: Timer | undefined
  #retryMs = firstRetryMs

  constructor(deps: ProxyDeps) {
    this.#deps = deps
    this.#path = createDataPath(deps, () => this.#snapshot)
    const { logger } = this.#path
    this.#refused = createRefusedResources(logger)
    this.#sockets = createBoundListeners({
      logger,
      targetsOf: (listener) => this.#bindTargets(listener),
      accept: (bound, socket) => this.#accept(bound, socket),
    })
  }

  async start(): Promise<void> {
    this.#adopt = await adoptionWorks()
    if (!this.#adopt) this.#path.logger.warn('accepted sockets cannot be adopted on this Node: reads cost more')
    await this.#inTurn(() => this.#bindFirst())
  }

  /** Whoever starts a proxy by hand wants to know of a port that is taken. */
  async #bindFirst(): Promise<void> {
    const { listeners } = this.#snapshot
    const planned = await this.#sockets.open(listeners, listeners)
    if (planned.failure !== undefined) {
      planned.discard()
      throw planned.failure
    }
    planned.commit()
    this.#takeOverLater()
    this.#started = true
  }

  apply(config: Partial<ProxyConfig>): Promise<ApplyResult> {
    this.#retryMs = firstRetryMs
    return this.#inTurn(async () => {
      const { issues } = await this.#take({ ...emptyProxyConfig, ...config })
      return issues.length === 0 ? { kind: 'applied' } : { kind: 'applied-in-part', issues }
    })
  }

  /** Without sockets: for a configuration before `start`. */
  install(config: ProxyConfig): void {
    const compiled = this.#compile(config)
    this.#wanted = config
    this.#replace(snapshotOf(config, compiled, compiled.listeners))
    this.#refused.update(compiled.issues, config, this.#path.clock.now())
  }

  async #take(config: ProxyConfig): Promise<{ readonly issues: readonly ApplyIssue[]; readonly recovered: readonly ApplyIssue[] }> {
    this.#retry?.cancel()
    this.#wanted = config
    const compiled = this.#compile(config)
    let { listeners, issues } = compiled
    if (this.#started && !this.#draining) {
      const planned = await this.#sockets.open(listeners, this.#snapshot.listeners)
      // It may have begun to drain, or ended, meanwhile.
      if (this.#draining) planned.discard()
      else {
        planned.commit()
        listeners = planned.listeners
        issues = [...issues, ...planned.issues]
        if (planned.issues.length > 0) this.#retryLater()
        this.#takeOverLater()
      }
    }
    this.#replace(snapshotOf(config, compiled, listeners))
    return { issues, recovered: this.#refused.update(issues, config, this.#path.clock.now()) }
  }

  #inTurn<Result>(run: () => Promise<Result>): Promise<Result> {
    const turn = this.#applying.then(run)
    this.#applying = turn.catch(() => {})
    return turn
  }

  /** The program that has the port may leave it; nobody would push the configuration again for that. */
  #retryLater(): void {
    const waitMs = this.#retryMs * (0.75 + this.#path.random.next() / 4)
    this.#retryMs = Math.min(this.#retryMs * 2, longestRetryMs)
    this.#retry = this.#path.clock.setTimer(waitMs, () => {
      this.#inTurn(() => this.#bindAgain()).catch((error: unknown) => {
        this.#path.logger.error('binding again failed', { error: messageOf(error) })
      })
    })
  }

  async #bindAgain(): Promise<void> {
    if (this.#draining) return
    const { recovered } = await this.#take(this.#wanted)
    if (recovered.length === 0) return
    containPromise(this.#deps.onRecovered?.(recovered), (error) =>
      this.#path.logger.error('onRecovered failed', { error: messageOf(error) }),
    )
  }

  #takeOverLater(): void {
    this.#takeOver?.cancel()
    if (!this.#sockets.isWaiting) return
    this.#takeOver = this.#path.clock.setTimer(takeOverMs, () => {
      void this.#inTurn(async () => {
        if (this.#draining) return
        await this.#sockets.openWaiting()
        this.#takeOverLater()
      })
    })
  }

  #compile(config: ProxyConfig): ReturnType<typeof compileConfig> {
    return compileConfig(config, this.#snapshot, { compileRegex: this.#deps.compileRegex, terminalOf: this.#path.terminalOf })
  }

  /** From here on nothing can fail. */
  #replace(snapshot: Omit<Snapshot, 'clusters'>): void {
    const previous = this.#snapshot
    const clusters = new Map<string, ClusterRuntime>()
    for (const config of snapshot.config.clusters) {
      const known = previous.clusters.get(config.name)
      const assignment = snapshot.assignments.get(config.edsServiceName ?? config.name)
      const before = previous.assignments.get(config.edsServiceName ?? config.name)
      if (known === undefined || known.config.type !== config.type) {
        known?.drain()
        clusters.set(config.name, this.#path.createCluster(config, snapshot))
        continue
      }
      if (!isSame(known.config, config) || !isSame(before, assignment)) known.update(config, assignment)
      clusters.set(config.name, known)
    }
    for (const [name, cluster] of previous.clusters) if (!clusters.has(name)) cluster.drain()
    for (const [name, runtime] of previous.listeners) if (snapshot.listeners.get(name) !== runtime) this.#retire(runtime)
    this.#snapshot = { ...snapshot, clusters }
    this.#sockets.follow(snapshot.listeners)
  }

  async drain({ deadlineMs }: { readonly deadlineMs: number }): Promise<void> {
    this.#draining = true
    this.#retry?.cancel()
    this.#takeOver?.cancel()
    this.#sockets.close()
    for (const runtime of this.#snapshot.listeners.values()) this.#retire(runtime)
    if (this.#connections.size > 0) await this.#quietWithin(deadlineMs)
    await this.close()
  }

  close(): Promise<void> {
    this.#draining = true
    this.#retry?.cancel()
    this.#takeOver?.cancel()
    this.#sockets.close()
    for (const connection of this.#connections) connection.destroy()
    for (const cluster of this.#snapshot.clusters.values()) cluster.close()
    this.#path.close()
    return Promise.resolve()
  }

  stats(): ProxyStats {
    return proxyStats(this.#snapshot, this.#connections.size)
  }
  configDump(): ProxyConfig {
    return this.#snapshot.config
  }
  refused(): readonly RefusedResource[] {
    return this.#refused.list
  }
  async inject(request: InjectRequest): Promise<InjectResponse> {
    return injectRequest(this.#path.connections, this.#listener(request.listener), request)
  }
  explain(request: ExplainRequest): Explanation {
    return explainRequest(this.#listener(request.listener), request, this.#snapshot)
  }
  #listener(name: string | undefined): ListenerRuntime {
    const { listeners } = this.#snapshot
    const runtime = name === undefined ? [...listeners.values()][0] : listeners.get(name)
    if (runtime !== undefined) return runtime
    throw new HeddleError({
      code: 'HEDDLE_PROXY_LISTENER_UNKNOWN',
      message: `there is no listener "${name ?? ''}"`,
      origin: 'user',
      hint: `Known listeners: ${[...listeners.keys()].join(', ') || 'none'}.`,
    })
  }
  listeners(): readonly BoundListener[] {
    return this.#sockets.list().map(({ name, target, port, connections }) => ({ name, address: target.address, port, connections }))
  }

  #quietWithin(deadlineMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#path.clock.setTimer(deadlineMs, resolve, { keepAlive: true })
      this.#onQuiet = () => {
        timer.cancel()
        resolve()
      }
    })
  }

  #retire(runtime: ListenerRuntime): void {
    runtime.draining = true
    for (const connection of this.#connections) if (connection.runtime === runtime) connection.outliveListener()
  }

  #bindTargets(listener: Listener): readonly BindTarget[] {
    if (this.#deps.bind !== undefined) return this.#deps.bind(listener)
    return listener.bindToPort === false ? [] : [listener.address]
  }

  #accept(bound: BoundAddress, accepted: Socket): boolean {
    if (this.#draining || this.#connections.size >= (this.#deps.maxConnections ?? defaultMaxConnections)) return false
    const channel = acceptChannel(accepted, this.#path.logger, this.#path.aborts, this.#adopt)
    const connection = new AcceptedConnection(
      this.#nextId++,
      this.#path.connections,
      bound.runtime,
      channel,
      bound.target.original ?? { kind: 'local' },
      (gone) => {
        bound.connections--
        this.#connections.delete(gone)
        if (this.#connections.size === 0) this.#onQuiet?.()
      },
    )
    bound.connections++
    this.#connections.add(connection)
    connection.start()
    return true
  }
}
