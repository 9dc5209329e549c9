/**
 * The proxy as embedders hold it. `apply` compiles a configuration completely before anything changes: it is taken as a
 * whole or refused as a whole, and then the last good one goes on. Listeners that did not change keep their sockets and
 * their connections; those that did keep their connections too, which end after their current answer.
 */
import type { Socket } from 'node:net'
import { HeddleError, isHeddleError, messageOf } from '@heddle/base'
import { emptyProxyConfig, type Listener, type ProxyConfig } from '@heddle/routing'
import type { ClusterRuntime } from './cluster/cluster-runtime.js'
import { AcceptedConnection } from './connection/accepted-connection.js'
import { createDataPath } from './data-path.js'
import type { BindTarget, ProxyDeps } from './deps.js'
import { injectRequest, type InjectRequest, type InjectResponse } from './inject.js'
import { createListenerRuntime, type ListenerRuntime } from './listener/listener-runtime.js'
import { openSocketListener, type SocketListener } from './listener/socket-listener.js'
import { createRouteSet, type RouteSet } from './router/route-set.js'
import type { Snapshot } from './snapshot.js'
import { proxyStats, type ProxyStats } from './stats.js'
import { acceptChannel, adoptionWorks } from './transport/accept.js'

export interface ApplyIssue {
  /** A `HEDDLE_...` code. */
  readonly code: string
  readonly message: string
  /** The listener, route configuration or cluster at fault. */
  readonly resource: string
}

export type ApplyResult = { readonly kind: 'applied' } | { readonly kind: 'rejected'; readonly issues: readonly ApplyIssue[] }

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
  /** Replaces the configuration. Before `start` nothing is bound. */
  apply(config: ProxyConfig): Promise<ApplyResult>
  /** Stops accepting, ends idle HTTP connections, lets the others finish, and cuts what is left at the deadline. */
  drain(options: { readonly deadlineMs: number }): Promise<void>
  /** Cuts everything. Idempotent. */
  close(): Promise<void>
  stats(): ProxyStats
  configDump(): ProxyConfig
  /** Runs one request in memory, without a port. @throws HEDDLE_PROXY_LISTENER_UNKNOWN */
  inject(request: InjectRequest): Promise<InjectResponse>
  listeners(): readonly BoundListener[]
}

interface Bound {
  key: string
  name: string
  target: BindTarget
  readonly socket: SocketListener
  runtime: ListenerRuntime
  connections: number
}

const defaultMaxConnections = 10_000

/** @throws HeddleError when the first configuration cannot be used; its issues are in the message. */
export function createProxy(config: ProxyConfig = emptyProxyConfig, deps: ProxyDeps = {}): Proxy {
  const engine = new Engine(deps)
  const first = engine.compile(config)
  if (first.kind === 'applied') engine.install(first.snapshot)
  else engine.firstIssues = first.issues
  return engine
}

type Compiled =
  | { readonly kind: 'applied'; readonly snapshot: Omit<Snapshot, 'clusters'> }
  | { readonly kind: 'rejected'; readonly issues: readonly ApplyIssue[] }

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
  readonly #bound = new Map<string, Bound>()
  readonly #connections = new Set<AcceptedConnection>()
  #nextId = 1
  #started = false
  #draining = false
  #adopt = true
  #applying: Promise<unknown> = Promise.resolve()
  #onQuiet: (() => void) | undefined
  firstIssues: readonly ApplyIssue[] = []

  constructor(deps: ProxyDeps) {
    this.#deps = deps
    this.#path = createDataPath(deps, () => this.#snapshot)
  }

  async start(): Promise<void> {
    if (this.firstIssues.length > 0) this.#path.logger.warn('the first configuration was rejected', { issues: this.firstIssues })
    this.#adopt = await adoptionWorks()
    if (!this.#adopt) this.#path.logger.warn('accepted sockets cannot be adopted on this Node: reads cost more')
    this.#started = true
    await this.#bindAll(this.#snapshot)
  }

  apply(config: ProxyConfig): Promise<ApplyResult> {
    const run = this.#applying.then(() => this.#apply(config))
    this.#applying = run.catch(() => {})
    return run
  }

  async #apply(config: ProxyConfig): Promise<ApplyResult> {
    const compiled = this.compile(config)
    if (compiled.kind === 'rejected') return compiled
    if (this.#started && !this.#draining) {
      try {
        await this.#bindAll(compiled.snapshot)
      } catch (error) {
        return { kind: 'rejected', issues: [{ code: 'HEDDLE_PROXY_LISTEN', message: messageOf(error), resource: 'listeners' }] }
      }
    }
    this.install(compiled.snapshot)
    return { kind: 'applied' }
  }

  /** Everything that can fail happens here, before anything changes. */
  compile(config: ProxyConfig): Compiled {
    const issues: ApplyIssue[] = []
    const attempt = <T>(resource: string, make: () => T): T | undefined => {
      try {
        return make()
      } catch (error) {
        issues.push({ code: isHeddleError(error) ? error.code : 'HEDDLE_PROXY_CONFIG', message: messageOf(error), resource })
        return undefined
      }
    }
    const previous = this.#snapshot
    const assignments = new Map(config.endpoints.map((assignment) => [assignment.clusterName, assignment]))
    const routes = new Map<string, RouteSet>()
    for (const route of config.routeConfigurations) {
      const known = previous.routes.get(route.name)
      const same = known !== undefined && isSame(known.table.configuration, route)
      const set = same ? known : attempt(`route configuration "${route.name}"`, () => createRouteSet(route, this.#deps.compileRegex))
      if (set !== undefined) routes.set(route.name, set)
    }
    const listeners = new Map<string, ListenerRuntime>()
    const byAddress = new Map<string, ListenerRuntime>()
    for (const listener of config.listeners) {
      const known = previous.listeners.get(listener.name)
      const same = known !== undefined && isSame(known.config, listener)
      const runtime = same ? known : attempt(`listener "${listener.name}"`, () => createListenerRuntime(listener, this.#path.terminalOf))
      if (runtime === undefined) continue
      if (listeners.has(listener.name))
        issues.push({
          code: 'HEDDLE_PROXY_CONFIG',
          message: `listener "${listener.name}" is there twice`,
          resource: `listener "${listener.name}"`,
        })
      listeners.set(listener.name, runtime)
      if (listener.useOriginalDst !== true) byAddress.set(`${listener.address.address}:${listener.address.port}`, runtime)
    }
    if (issues.length > 0) return { kind: 'rejected', issues }
    return { kind: 'applied', snapshot: { config, listeners, byAddress, routes, assignments } }
  }

  /** From here on nothing can fail. */
  install(snapshot: Omit<Snapshot, 'clusters'>): void {
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
    for (const bound of this.#bound.values()) {
      const runtime = snapshot.listeners.get(bound.name)
      if (runtime !== undefined) bound.runtime = runtime
    }
    this.#closeUnused(snapshot)
  }

  async drain({ deadlineMs }: { readonly deadlineMs: number }): Promise<void> {
    this.#draining = true
    for (const bound of this.#bound.values()) bound.socket.close()
    for (const runtime of this.#snapshot.listeners.values()) this.#retire(runtime)
    if (this.#connections.size > 0) await this.#quietWithin(deadlineMs)
    await this.close()
  }

  close(): Promise<void> {
    this.#draining = true
    for (const bound of this.#bound.values()) bound.socket.close()
    this.#bound.clear()
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
  inject(request: InjectRequest): Promise<InjectResponse> {
    const { listeners } = this.#snapshot
    const runtime = request.listener === undefined ? [...listeners.values()][0] : listeners.get(request.listener)
    if (runtime !== undefined) return injectRequest(this.#path.connections, runtime, request)
    return Promise.reject(
      new HeddleError({
        code: 'HEDDLE_PROXY_LISTENER_UNKNOWN',
        message: `there is no listener "${request.listener ?? ''}"`,
        origin: 'user',
        hint: `Known listeners: ${[...listeners.keys()].join(', ') || 'none'}.`,
      }),
    )
  }
  listeners(): readonly BoundListener[] {
    return [...this.#bound.values()].map(({ name, target, socket, connections }) => ({
      name,
      address: target.address,
      port: socket.port,
      connections,
    }))
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
    for (const connection of this.#connections) if (connection.runtime === runtime) connection.drain()
  }

  #bindTargets(listener: Listener): readonly BindTarget[] {
    if (this.#deps.bind !== undefined) return this.#deps.bind(listener)
    return listener.bindToPort === false ? [] : [listener.address]
  }

  /** Opens what is not open yet; on a failure what was opened now is closed again. A socket whose listener goes passes to the one that takes its address. */
  async #bindAll(snapshot: Pick<Snapshot, 'listeners'>): Promise<void> {
    const wanted = this.#wantedKeys(snapshot)
    const opened: Bound[] = []
    const handovers: (() => void)[] = []
    try {
      for (const [name, runtime] of snapshot.listeners) {
        for (const target of this.#bindTargets(runtime.config)) {
          const key = bindKey(name, target)
          if (this.#bound.has(key)) continue
          const spare = this.#spareFor(target, wanted)
          if (spare === undefined) opened.push(await this.#open(key, name, target, runtime))
          else handovers.push(() => this.#handOver(spare, key, name, target, runtime))
        }
      }
    } catch (error) {
      for (const bound of opened) bound.socket.close()
      throw error
    }
    for (const bound of opened) this.#bound.set(bound.key, bound)
    for (const handOver of handovers) handOver()
  }

  #spareFor(target: BindTarget, wanted: ReadonlySet<string>): Bound | undefined {
    if (target.port === 0) return undefined
    return [...this.#bound.values()].find(
      (bound) => bound.target.address === target.address && bound.target.port === target.port && !wanted.has(bound.key),
    )
  }

  #handOver(bound: Bound, key: string, name: string, target: BindTarget, runtime: ListenerRuntime): void {
    this.#bound.delete(bound.key)
    Object.assign(bound, { key, name, target, runtime })
    this.#bound.set(key, bound)
  }

  #wantedKeys(snapshot: Pick<Snapshot, 'listeners'>): ReadonlySet<string> {
    const wanted = new Set<string>()
    for (const [name, runtime] of snapshot.listeners)
      for (const target of this.#bindTargets(runtime.config)) wanted.add(bindKey(name, target))
    return wanted
  }

  async #open(key: string, name: string, target: BindTarget, runtime: ListenerRuntime): Promise<Bound> {
    const socket = await openSocketListener({
      address: target.address,
      port: target.port,
      name,
      logger: this.#path.logger,
      accept: (accepted) => this.#accept(bound, accepted),
    })
    const bound: Bound = { key, name, target, socket, runtime, connections: 0 }
    return bound
  }

  #accept(bound: Bound, accepted: Socket): boolean {
    if (this.#draining || this.#connections.size >= (this.#deps.maxConnections ?? defaultMaxConnections)) return false
    const channel = acceptChannel(accepted, this.#path.logger, this.#adopt)
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

  #closeUnused(snapshot: Pick<Snapshot, 'listeners'>): void {
    const wanted = this.#wantedKeys(snapshot)
    for (const [key, bound] of this.#bound) {
      if (wanted.has(key)) continue
      bound.socket.close()
      this.#bound.delete(key)
    }
  }
}

function bindKey(name: string, { address, port, original }: BindTarget): string {
  return JSON.stringify([name, address, port, original])
}

function isSame(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b)
}
