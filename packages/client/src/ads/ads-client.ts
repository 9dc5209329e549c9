/**
 * The delta ADS client (xDS protocol, "Incremental xDS"): subscribes to everything of its own, follows references as
 * soon as they are decoded, hands over each complete configuration, and acknowledges what was taken only after the
 * proxy has applied it. A lost stream changes nothing: the last configuration stays, and the next stream says which
 * versions are held.
 *
 *   response -> tables -> references subscribed -> complete? -> onConfig -> ACK (or NACK with the reasons)
 */
import { type Clock, type Logger, messageOf, type Random, type Timer } from '@heddle/base'
import type { ProxyConfig } from '@heddle/routing'
import type { DeltaResponse } from '@heddle/xds'
import type { AdsStream, OpenAdsStream } from './ads-stream.js'
import { createBackOff, type BackOffOptions } from './back-off.js'
import type { ResourceTable } from './resource-table.js'
import { assembleConfig, type ConfigTables, isComplete, referencedEndpoints, referencedRoutes } from './snapshot.js'

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
  const { tables, typeUrls } = options
  const backOff = createBackOff(options.backOff ?? defaultBackOff, deps.random)
  const subscribed = { endpoints: new Set<string>(), routes: new Set<string>() }
  let stream: AdsStream | undefined
  let retry: Timer | undefined
  let isClosed = false
  let isConnected = false
  let outstanding: Outstanding[] = []
  let isApplying = false
  let hasChanged = false
  const answered = new Set<string>()

  const kindOf = new Map<string, keyof ConfigTables>(
    (Object.keys(typeUrls) as (keyof ConfigTables)[]).map((kind) => [typeUrls[kind], kind]),
  )

  const connect = (): void => {
    outstanding = []
    // Stale callbacks of an old stream must not touch the new one.
    const current: AdsStream = options.open({
      onResponse: (response) => stream === current && onResponse(response),
      onEnd: (reason) => stream === current && onEnd(reason),
    })
    stream = current
    for (const kind of ['clusters', 'endpoints', 'listeners', 'routes'] as const) {
      const names = kind === 'endpoints' || kind === 'routes' ? [...subscribed[kind]] : []
      if (names.length > 0 || kind === 'clusters' || kind === 'listeners') subscribe(typeUrls[kind], names, tables[kind])
    }
    for (const { typeUrl, table } of options.extras ?? []) subscribe(typeUrl, [], table)
  }

  const subscribe = (typeUrl: string, names: readonly string[], table: ResourceTable<unknown>): void =>
    stream?.send({ typeUrl, subscribe: names, unsubscribe: [], initialVersions: table.versions() })

  const onEnd = (reason: string): void => {
    stream = undefined
    if (isClosed) return
    const waitMs = backOff.nextMs()
    if (isConnected) deps.logger.warn('the control plane is gone; the last configuration stays', { reason, retryMs: Math.round(waitMs) })
    setConnected(false)
    retry = deps.clock.setTimer(waitMs, connect, { keepAlive: true })
  }

  const setConnected = (value: boolean): void => {
    if (isConnected === value) return
    isConnected = value
    options.onConnected?.(value)
  }

  const onResponse = (response: DeltaResponse): void => {
    backOff.reset()
    setConnected(true)
    const extra = options.extras?.find(({ typeUrl }) => typeUrl === response.typeUrl)
    if (extra) {
      const faults = extra.table.take(response)
      extra.onChange()
      acknowledge([{ typeUrl: response.typeUrl, nonce: response.nonce, faults }])
      return
    }
    const kind = kindOf.get(response.typeUrl)
    if (!kind) return
    const faults = tables[kind].take(response)
    outstanding.push({ typeUrl: response.typeUrl, nonce: response.nonce, faults })
    hasChanged = true
    if (kind === 'clusters') follow('endpoints', referencedEndpoints(tables))
    if (kind === 'listeners') follow('routes', referencedRoutes(tables))
    void applyWhenComplete()
  }

  /** Subscribes to names that are newly referred to, and lets go of those that are not any more. */
  const follow = (kind: 'endpoints' | 'routes', referenced: ReadonlySet<string>): void => {
    const isFirst = subscribed[kind].size === 0
    const added = [...referenced].filter((name) => !subscribed[kind].has(name))
    const dropped = [...subscribed[kind]].filter((name) => !referenced.has(name))
    for (const name of added) subscribed[kind].add(name)
    for (const name of dropped) subscribed[kind].delete(name)
    tables[kind].drop(dropped)
    if (added.length === 0 && dropped.length === 0) return
    stream?.send({
      typeUrl: typeUrls[kind],
      subscribe: added,
      unsubscribe: dropped,
      initialVersions: isFirst ? tables[kind].versions() : {},
    })
  }

  const applyWhenComplete = async (): Promise<void> => {
    if (isApplying || !hasChanged || !hasBoth() || !isComplete(tables)) return
    isApplying = true
    hasChanged = false
    const covered = outstanding
    outstanding = []
    try {
      await options.onConfig(assembleConfig(tables))
      acknowledge(covered)
    } catch (error) {
      deps.logger.error('a configuration was refused; the last one stays', { error: messageOf(error) })
      acknowledge(covered.map((one) => ({ ...one, faults: [...one.faults, messageOf(error)] })))
    }
    isApplying = false
    void applyWhenComplete()
  }

  /** The first configuration needs an answer for clusters and listeners both; later ones build on what is held. */
  const hasBoth = (): boolean => {
    for (const { typeUrl } of outstanding) answered.add(typeUrl)
    return answered.has(typeUrls.clusters) && answered.has(typeUrls.listeners)
  }
  const acknowledge = (responses: readonly Outstanding[]): void => {
    for (const { typeUrl, nonce, faults } of responses) {
      stream?.send({
        typeUrl,
        subscribe: [],
        unsubscribe: [],
        initialVersions: {},
        responseNonce: nonce,
        ...(faults.length > 0 ? { errorMessage: faults.join('; ') } : {}),
      })
    }
  }

  return {
    start() {
      // Tables may hold the configuration of an earlier run; its references are asked for again.
      for (const name of referencedEndpoints(tables)) subscribed.endpoints.add(name)
      for (const name of referencedRoutes(tables)) subscribed.routes.add(name)
      connect()
    },
    close() {
      isClosed = true
      retry?.cancel()
      stream?.close()
      stream = undefined
      setConnected(false)
    },
    get isConnected() {
      return isConnected
    },
  }
}
