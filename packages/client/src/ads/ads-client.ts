/**
 * The delta ADS client (xDS protocol, "Incremental xDS"): subscribes to everything of its own, follows references as
 * soon as they are decoded, hands over each complete configuration, and acknowledges what was taken only after the
 * proxy has applied it. A resource that the proxy could not use is named in the NACK of the response it came with, while its
 * neighbours are in force. A lost stream changes nothing: the last configuration stays, and the next stream says which
 * versions were accepted. Only endpoints and routes whose successors are already needed are acknowledged before.
 *
 *   response -> tables -> references subscribed -> complete? -> onConfig -> ACK (or NACK with the reasons)
 */
import { type Clock, type Logger, messageOf, type Random, type Timer } from '@heddle/base'
import type { ProxyConfig } from '@heddle/routing'
import type { DeltaResponse } from '@heddle/xds'
import type { AdsStream, OpenAdsStream } from './ads-stream.js'
import { type BackOff, type BackOffOptions, createBackOff } from './back-off.js'
import { createReferenceSubscriptions, type ReferenceSubscriptions } from './reference-subscriptions.js'
import type { ResourceTable } from './resource-table.js'
import { acceptanceOf, assembleConfig, type ConfigTables, incompleteKinds, type ResourceFault } from './snapshot.js'

export interface AdsClientOptions {
  readonly open: OpenAdsStream
  readonly tables: ConfigTables
  readonly typeUrls: Readonly<Record<keyof ConfigTables, string>>
  /** Further wildcard types that are no part of the configuration, such as Istio's name table. */
  readonly extras?: readonly ExtraType[]
  /** Applies a configuration and names what of it could not be used; rejects when nothing of it could. */
  readonly onConfig: (config: ProxyConfig) => Promise<readonly ResourceFault[]>
  /** Called when accepted versions have changed. */
  readonly onAccepted?: () => void
  /** Called with the names of secrets that came or changed, before the configuration that needs them. */
  readonly onSecrets?: (names: readonly string[]) => void
  readonly onConnected?: (isConnected: boolean) => void
  readonly backOff?: BackOffOptions
}

export interface ExtraType {
  readonly typeUrl: string
  readonly table: ResourceTable<unknown>
  /**
   * Called after each response of the type was taken; throws or rejects when it cannot be put into force, which refuses the response.
   * The acknowledgement waits for a promise.
   */
  readonly onChange: () => void | Promise<void>
}

export interface AdsClientDeps {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

export interface AdsClient {
  start(): void
  close(): void
  /** Applies the newest configuration again: what was refused may be usable now. */
  recheck(): void
  readonly isConnected: boolean
}

interface Outstanding {
  /** Nonces mean something on their own stream only. */
  readonly stream: AdsStream | undefined
  readonly typeUrl: string
  readonly nonce: string
  readonly names: ReadonlySet<string>
  readonly faults: readonly string[]
}

/** How long a configuration waits for secrets that nobody answers for; handshakes that need them fail afterwards. */
const secretPatienceMs = 1000

const defaultBackOff: BackOffOptions = { baseMs: 200, maxMs: 2000 }

export function createAdsClient(options: AdsClientOptions, deps: AdsClientDeps): AdsClient {
  return new DeltaClient(options, deps)
}

class DeltaClient implements AdsClient {
  readonly #options: AdsClientOptions
  readonly #deps: AdsClientDeps
  readonly #backOff: BackOff
  readonly #kindOf: ReadonlyMap<string, keyof ConfigTables>
  readonly #references: ReferenceSubscriptions
  /** Types that have had a response; the first configuration needs one for clusters and listeners both. */
  readonly #answered = new Set<string>()
  /** What the control plane takes for refused, by `KIND NAME`. */
  readonly #refused = new Map<string, ResourceFault>()
  #outstanding: Outstanding[] = []
  #stream: AdsStream | undefined
  #retry: Timer | undefined
  /** Why the last stream ended: the same reason is said once. */
  #lastReason: string | undefined
  #isClosed = false
  #isConnected = false
  #isApplying = false
  #hasChanged = false
  #patience: Timer | undefined
  #isPatienceOver = false

  constructor(options: AdsClientOptions, deps: AdsClientDeps) {
    this.#options = options
    this.#deps = deps
    this.#backOff = createBackOff(options.backOff ?? defaultBackOff, deps.random)
    this.#references = createReferenceSubscriptions(options, (request) => this.#stream?.send(request))
    this.#kindOf = new Map((Object.keys(options.typeUrls) as (keyof ConfigTables)[]).map((kind) => [options.typeUrls[kind], kind]))
  }

  get isConnected(): boolean {
    return this.#isConnected
  }

  start(): void {
    // Tables may hold the configuration of an earlier run; its references are asked for again.
    this.#references.follow()
    this.#connect()
  }

  recheck(): void {
    this.#hasChanged = true
    void this.#applyWhenComplete()
  }

  close(): void {
    this.#isClosed = true
    this.#retry?.cancel()
    this.#patience?.cancel()
    this.#stream?.close()
    this.#stream = undefined
    this.#setConnected(false)
  }

  #connect(): void {
    const { tables, typeUrls, extras = [] } = this.#options
    this.#outstanding = []
    this.#refused.clear()
    for (const table of Object.values(tables)) (table as ResourceTable<unknown>).reset()
    try {
      this.#stream = this.#open()
    } catch (error) {
      // Roots that cannot be read, say: they may be there the next time.
      this.#onEnd(messageOf(error))
      return
    }
    for (const kind of ['clusters', 'endpoints', 'listeners', 'routes', 'secrets'] as const) {
      const names = isReferrer(kind) ? [] : this.#references.names(kind)
      if (isReferrer(kind) || names.length > 0) this.#subscribe(typeUrls[kind], names, tables[kind])
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
    const outstanding = (faults: readonly string[]): Outstanding => {
      const names = new Set(response.resources.map(({ name }) => name))
      return { stream: this.#stream, typeUrl, nonce, names, faults }
    }
    const extra = this.#options.extras?.find((candidate) => candidate.typeUrl === typeUrl)
    if (extra) {
      void this.#takeExtra(extra, response, outstanding)
      return
    }
    const kind = this.#kindOf.get(typeUrl)
    if (!kind) return
    const { tables } = this.#options
    this.#answered.add(typeUrl)
    if (kind === 'secrets') this.#takeSecrets(response, outstanding)
    else {
      this.#outstanding.push(outstanding(tables[kind].take(response)))
      this.#hasChanged = true
      if (isReferrer(kind)) this.#references.follow()
      this.#releaseAwaited()
    }
    void this.#applyWhenComplete()
  }

  /** What cannot be put into force, on a full disk say, must not end the proxy: it is refused, and sent again to the next stream. */
  async #takeExtra(
    { table, onChange }: ExtraType,
    response: DeltaResponse,
    outstanding: (faults: readonly string[]) => Outstanding,
  ): Promise<void> {
    const answer = outstanding([])
    const faults = table.take(response)
    const accept = table.snapshot()
    try {
      const done = onChange()
      if (done) await done
      accept(new Set())
      this.#options.onAccepted?.()
      this.#acknowledge([{ ...answer, faults }])
    } catch (error) {
      this.#deps.logger.error('a response cannot be put into force', { type: response.typeUrl, error: messageOf(error) })
      this.#acknowledge([{ ...answer, faults: [...faults, messageOf(error)] }])
    }
  }

  /** A rotation is no change of configuration: the new value is in force at once. */
  #takeSecrets(response: DeltaResponse, outstanding: (faults: readonly string[]) => Outstanding): void {
    const { tables, onSecrets } = this.#options
    const faults = takeAndAccept(tables.secrets, response)
    onSecrets?.(response.resources.map(({ name }) => name))
    this.#acknowledge([outstanding(faults)])
  }

  /**
   * A server sends no further response of a type before the last one is acknowledged. One that came while its successor is
   * already needed (endpoints of old clusters, just before new clusters) must therefore not wait for the whole.
   */
  #releaseAwaited(): void {
    const { typeUrls, tables } = this.#options
    for (const kind of incompleteKinds(tables)) {
      if (kind === 'secrets') continue
      const released = this.#outstanding.filter(({ typeUrl }) => typeUrl === typeUrls[kind])
      this.#outstanding = this.#outstanding.filter(({ typeUrl }) => typeUrl !== typeUrls[kind])
      this.#acknowledge(released)
    }
  }

  async #applyWhenComplete(): Promise<void> {
    const { tables, typeUrls, onConfig } = this.#options
    const hasBoth = this.#answered.has(typeUrls.clusters) && this.#answered.has(typeUrls.listeners)
    if (this.#isApplying || !this.#hasChanged || !hasBoth || !this.#hasAll()) return
    this.#isApplying = true
    this.#hasChanged = false
    const covered = this.#outstanding.splice(0)
    const accept = acceptanceOf(tables)
    try {
      const faults = await onConfig(assembleConfig(tables))
      accept(faults)
      this.#options.onAccepted?.()
      this.#report(covered, faults)
      // What only older versions referred to is let go of.
      if (covered.length === 0 || covered.some(({ typeUrl }) => isReferrer(this.#kindOf.get(typeUrl)))) this.#references.follow()
    } catch (error) {
      this.#deps.logger.error('a configuration was refused; the last one stays', { error: messageOf(error) })
      this.#acknowledge(covered.map((one) => ({ ...one, faults: [...one.faults, messageOf(error)] })))
    }
    this.#isApplying = false
    void this.#applyWhenComplete()
  }

  /** Whether everything referred to is there. Secrets are waited for, but not for ever: one that is missing fails its handshakes only. */
  #hasAll(): boolean {
    const missing = incompleteKinds(this.#options.tables)
    if (missing.length === 0) {
      this.#patience?.cancel()
      this.#patience = undefined
      this.#isPatienceOver = false
      return true
    }
    if (missing.some((kind) => kind !== 'secrets')) return false
    this.#patience ??= this.#deps.clock.setTimer(secretPatienceMs, () => {
      this.#isPatienceOver = true
      void this.#applyWhenComplete()
    })
    return this.#isPatienceOver
  }

  /**
   * Answers the responses that a configuration covers. What is refused, or is so no more, without a response that could say
   * so, is asked for again: its answer can.
   */
  #report(covered: readonly Outstanding[], faults: readonly ResourceFault[]): void {
    const { typeUrls, tables } = this.#options
    this.#acknowledge(
      covered.map((one) => {
        const own = faults.filter(({ kind, name }) => typeUrls[kind] === one.typeUrl && one.names.has(name))
        return { ...one, faults: [...one.faults, ...own.map(({ message }) => message)] }
      }),
    )
    const isCovered = (typeUrl: string, name: string): boolean => covered.some((one) => one.typeUrl === typeUrl && one.names.has(name))
    const before = new Map(this.#refused)
    this.#refused.clear()
    for (const fault of faults) this.#refused.set(`${fault.kind} ${fault.name}`, fault)
    const changed = [...[...this.#refused].filter(([key]) => !before.has(key)), ...[...before].filter(([key]) => !this.#refused.has(key))]
    for (const [, { kind, name }] of changed) {
      if (tables[kind].held.has(name) && !isCovered(typeUrls[kind], name)) this.#askAgain(typeUrls[kind], name)
    }
  }

  #askAgain(typeUrl: string, name: string): void {
    this.#stream?.send({ typeUrl, subscribe: [name], unsubscribe: [], initialVersions: {} })
  }

  #acknowledge(responses: readonly Outstanding[]): void {
    for (const { stream, typeUrl, nonce, faults } of responses) {
      if (stream === undefined || stream !== this.#stream) continue
      stream.send({
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

function takeAndAccept(table: ResourceTable<unknown>, response: DeltaResponse): readonly string[] {
  const faults = table.take(response)
  table.snapshot()(new Set())
  return faults
}

/** References come from these only; endpoints change far more often. */
function isReferrer(kind: keyof ConfigTables | undefined): kind is 'clusters' | 'listeners' {
  return kind === 'clusters' || kind === 'listeners'
}
