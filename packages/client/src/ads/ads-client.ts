/**
 * The delta ADS client (xDS protocol, "Incremental xDS"): subscribes to everything of its own, follows references as
 * soon as they are decoded, hands over each complete configuration, and acknowledges what was taken only after the
 * proxy has applied it. A lost stream changes nothing: the last configuration stays, and the next stream says which
 * versions are held. Only endpoints and routes whose successors are already needed are acknowledged before.
 *
 *   response -> tables -> references subscribed -> complete? -> onConfig -> ACK (or NACK with the reasons)
 */
import { type Clock, type Logger, messageOf, type Random, type Timer } from '@heddle/base'
import type { ProxyConfig } from '@heddle/routing'
import type { DeltaResponse } from '@heddle/xds'
import type { AdsStream, OpenAdsStream } from './ads-stream.js'
import { type BackOff, type BackOffOptions, createBackOff } from './back-off.js'
import type { ResourceTable } from './resource-table.js'
import { assembleConfig, type ConfigTables, incompleteKinds, isComplete, referencedEndpoints, referencedRoutes } from './snapshot.js'

export interface AdsClientOptions {
  readonly open: OpenAdsStream
  readonly tables: ConfigTables
  readonly typeUrls: Readonly<Record<keyof ConfigTables, string>>
  /** Further wildcard types that are no part of the configuration, such as Istio's name table. */
  readonly extras?: readonly ExtraType[]
  /** Applies a configuration; a rejection becomes a NACK and the proxy keeps what it runs. */
  readonly onConfig: (config: ProxyConfig) => Promise<void>
  readonly onConnected?: (isConnected: boolean) => void
  readonly backOff?: BackOffOptions
}

export interface ExtraType {
  readonly typeUrl: string
  readonly table: ResourceTable<unknown>
  /** Called after each response of the type was taken. */
  readonly onChange: () => void
}

export interface AdsClientDeps {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

export interface AdsClient {
  start(): void
  close(): void
  readonly isConnected: boolean
}

interface Outstanding {
  readonly typeUrl: string
  readonly nonce: string
  readonly faults: readonly string[]
}

const defaultBackOff: BackOffOptions = { baseMs: 200, maxMs: 2000 }

export function createAdsClient(options: AdsClientOptions, deps: AdsClientDeps): AdsClient {
  return new DeltaClient(options, deps)
}

class DeltaClient implements AdsClient {
  readonly #options: AdsClientOptions
  readonly #deps: AdsClientDeps
  readonly #backOff: BackOff
  readonly #kindOf: ReadonlyMap<string, keyof ConfigTables>
  readonly #subscribed = { endpoints: new Set<string>(), routes: new Set<string>() }
  /** Types that have had a response; the first configuration needs one for clusters and listeners both. */
  readonly #answered = new Set<string>()
  #outstanding: Outstanding[] = []
  #stream: AdsStream | undefined
  #retry: Timer | undefined
  /** Why the last stream ended: the same reason is said once. */
  #lastReason: string | undefined
  #isClosed = false
  #isConnected = false
  #isApplying = false
  #hasChanged = false

  constructor(options: AdsClientOptions, deps: AdsClientDeps) {
    this.#options = options
    this.#deps = deps
    this.#backOff = createBackOff(options.backOff ?? defaultBackOff, deps.random)
    this.#kindOf = new Map((Object.keys(options.typeUrls) as (keyof ConfigTables)[]).map((kind) => [options.typeUrls[kind], kind]))
  }

  get isConnected(): boolean {
    return this.#isConnected
  }

  start(): void {
    const { tables } = this.#options
    // Tables may hold the configuration of an earlier run; its references are asked for again.
    for (const name of referencedEndpoints(tables)) this.#subscribed.endpoints.add(name)
    for (const name of referencedRoutes(tables)) this.#subscribed.routes.add(name)
    this.#connect()
  }

  close(): void {
    this.#isClosed = true
    this.#retry?.cancel()
    this.#stream?.close()
    this.#stream = undefined
    this.#setConnected(false)
  }

  #connect(): void {
    const { tables, typeUrls, extras = [] } = this.#options
    this.#outstanding = []
    try {
      this.#stream = this.#open()
    } catch (error) {
      // Roots that cannot be read, say: they may be there the next time.
      this.#onEnd(messageOf(error))
      return
    }
    for (const kind of ['clusters', 'endpoints', 'listeners', 'routes'] as const) {
      const names = kind === 'endpoints' || kind === 'routes' ? [...this.#subscribed[kind]] : []
      if (names.length > 0 || kind === 'clusters' || kind === 'listeners') this.#subscribe(typeUrls[kind], names, tables[kind])
    }
    for (const { typeUrl, table } of extras) this.#subscribe(typeUrl, [], table)
  }

  /** Late callbacks of an old stream must not touch the new one. */
  #open(): AdsStream {
    const current: AdsStream = this.#options.open({
      onResponse: (response) => this.#stream === current && this.#onResponse(response),
      onEnd: (reason) => this.#stream === current && this.#onEnd(reason),
    })
    return current
  }

  #subscribe(typeUrl: string, names: readonly string[], table: ResourceTable<unknown>): void {
    this.#stream?.send({ typeUrl, subscribe: names, unsubscribe: [], initialVersions: table.versions() })
  }

  #onEnd(reason: string): void {
    this.#stream = undefined
    if (this.#isClosed) return
    const waitMs = this.#backOff.nextMs()
    const fields = { reason, retryMs: Math.round(waitMs) }
    if (this.#isConnected) this.#deps.logger.warn('the control plane is gone; the last configuration stays', fields)
    else if (reason !== this.#lastReason) this.#deps.logger.warn('the control plane does not answer', fields)
    this.#lastReason = reason
    this.#setConnected(false)
    this.#retry = this.#deps.clock.setTimer(waitMs, () => this.#connect(), { keepAlive: true })
  }

  #setConnected(value: boolean): void {
    if (this.#isConnected === value) return
    this.#isConnected = value
    this.#options.onConnected?.(value)
  }

  #onResponse(response: DeltaResponse): void {
    const { typeUrl, nonce } = response
    this.#backOff.reset()
    this.#lastReason = undefined
    this.#setConnected(true)
    const extra = this.#options.extras?.find((candidate) => candidate.typeUrl === typeUrl)
    if (extra) {
      const faults = extra.table.take(response)
      extra.onChange()
      this.#acknowledge([{ typeUrl, nonce, faults }])
      return
    }
    const kind = this.#kindOf.get(typeUrl)
    if (!kind) return
    const { tables } = this.#options
    this.#outstanding.push({ typeUrl, nonce, faults: tables[kind].take(response) })
    this.#answered.add(typeUrl)
    this.#hasChanged = true
    if (kind === 'clusters') this.#follow('endpoints', referencedEndpoints(tables))
    if (kind === 'listeners') this.#follow('routes', referencedRoutes(tables))
    this.#releaseAwaited()
    void this.#applyWhenComplete()
  }

  /** Subscribes to names that are newly referred to, and lets go of those that are not any more. */
  #follow(kind: 'endpoints' | 'routes', referenced: ReadonlySet<string>): void {
    const subscribed = this.#subscribed[kind]
    const table = this.#options.tables[kind]
    const isFirst = subscribed.size === 0
    const added = [...referenced].filter((name) => !subscribed.has(name))
    const dropped = [...subscribed].filter((name) => !referenced.has(name))
    for (const name of added) subscribed.add(name)
    for (const name of dropped) subscribed.delete(name)
    table.drop(dropped)
    if (added.length === 0 && dropped.length === 0) return
    this.#stream?.send({
      typeUrl: this.#options.typeUrls[kind],
      subscribe: added,
      unsubscribe: dropped,
      initialVersions: isFirst ? table.versions() : {},
    })
  }

  /**
   * A server sends no further response of a type before the last one is acknowledged. One that came while its successor is
   * already needed (endpoints of old clusters, just before new clusters) must therefore not wait for the whole.
   */
  #releaseAwaited(): void {
    const { typeUrls, tables } = this.#options
    for (const kind of incompleteKinds(tables)) {
      const released = this.#outstanding.filter(({ typeUrl }) => typeUrl === typeUrls[kind])
      this.#outstanding = this.#outstanding.filter(({ typeUrl }) => typeUrl !== typeUrls[kind])
      this.#acknowledge(released)
    }
  }

  async #applyWhenComplete(): Promise<void> {
    const { tables, typeUrls, onConfig } = this.#options
    const hasBoth = this.#answered.has(typeUrls.clusters) && this.#answered.has(typeUrls.listeners)
    if (this.#isApplying || !this.#hasChanged || !hasBoth || !isComplete(tables)) return
    this.#isApplying = true
    this.#hasChanged = false
    const covered = this.#outstanding.splice(0)
    try {
      await onConfig(assembleConfig(tables))
      this.#acknowledge(covered)
    } catch (error) {
      this.#deps.logger.error('a configuration was refused; the last one stays', { error: messageOf(error) })
      this.#acknowledge(covered.map((one) => ({ ...one, faults: [...one.faults, messageOf(error)] })))
    }
    this.#isApplying = false
    void this.#applyWhenComplete()
  }

  #acknowledge(responses: readonly Outstanding[]): void {
    for (const { typeUrl, nonce, faults } of responses) {
      this.#stream?.send({
        typeUrl,
        subscribe: [],
        unsubscribe: [],
        initialVersions: {},
        responseNonce: nonce,
        ...(faults.length > 0 ? { errorMessage: faults.join('; ') } : {}),
      })
    }
  }
}
