/** All connected proxies and the model they are served from: the heart of Pilot. */
import { type Clock, type Logger, messageOf, type Timer } from '@heddle/base'
import { createMeshSnapshot, type MeshSnapshot, type MeshSnapshotInput, type ProxyNode } from '@heddle/translation'
import { trustTypeUrls, typeUrls } from '@heddle/xds'
import type { TrustResources } from '../citadel/trust-resources.js'
import type { Credentials } from '../credentials/credentials.js'
import { createDebounce, type Debounce } from './debounce.js'
import { createGenerator, type Generator } from './generator.js'
import { indexResources, type ProxyResources } from './proxy-resources.js'
import { createIssueRegistry, type IssueRegistry, type KnownIssue } from './issue-registry.js'
import { createProxyStream, type ProxyStream, type SendResponse } from './proxy-stream.js'
import type { SubscriptionStatus } from './subscription.js'

export interface DiscoveryOptions {
  readonly input: () => MeshSnapshotInput
  /** Serves the secrets that configurations name. Default: none. */
  readonly credentials?: Pick<Credentials, 'resourcesFor'>
  /** The mesh's roots and denials, which every proxy may ask for. Default: none. */
  readonly trust?: () => TrustResources
  /** Quiet time before a push. Default: 30 ms. */
  readonly quietMs?: number
  /** Longest wait after the first change. Default: 1 s. */
  readonly maxMs?: number
}

export interface DiscoveryDeps {
  readonly clock: Clock
  readonly logger: Logger
}

export interface ConnectedProxy {
  readonly node: ProxyNode
  /** Milliseconds since the Unix epoch. */
  readonly connectedAtMs: number
  /** By type URL. */
  readonly status: () => ReadonlyMap<string, SubscriptionStatus>
}

/** Totals since the start. */
export interface DiscoveryTotals {
  readonly pushes: number
  /** Refusals by type URL. */
  readonly rejects: ReadonlyMap<string, number>
  /** Translations that failed; the proxies kept what they had. */
  readonly failures: number
}

export interface Discovery {
  /** Says that the input changed; proxies hear of it after the debounce, or at once. */
  changed(isUrgent: boolean): void
  /** Says that secrets changed, and nothing else: proxies that refer to them hear of it at once. */
  secretsChanged(): void
  /** Says that roots or denials changed: every proxy that follows them hears of it at once. */
  trustChanged(): void
  /** Whether the proxy has said that it uses the roots as they are now. */
  hasTrust(proxy: ConnectedProxy): boolean
  /**
   * @param mayHaveKeys whether the proxy's account may have private keys. Default: false.
   * @throws what translation throws for this proxy.
   */
  connect(node: ProxyNode, send: SendResponse, mayHaveKeys?: boolean): ProxyConnection
  proxies(): readonly ConnectedProxy[]
  snapshot(): MeshSnapshot
  totals(): DiscoveryTotals
  /** What is wrong with resources, in the model and for the connected proxies. */
  issues(): readonly KnownIssue[]
  close(): void
}

export interface ProxyConnection {
  readonly stream: ProxyStream
  /** Whether the proxy's account may have private keys, from now on. */
  allowKeys(mayHaveKeys: boolean): void
  /** The proxy is gone: it is pushed to and shown no more. */
  close(): void
}

export function createDiscovery(options: DiscoveryOptions, deps: DiscoveryDeps): Discovery {
  return new ProxyPushes(options, deps)
}

/** Work in one go before others have their turn. */
const sliceMs = 20

const servedTypes: ReadonlySet<string> = new Set([...Object.values(typeUrls), ...Object.values(trustTypeUrls)])

class ProxyPushes implements Discovery {
  readonly #options: DiscoveryOptions
  readonly #deps: DiscoveryDeps
  readonly #connected = new Map<ProxyStream, ConnectedProxy & { readonly mayHaveKeys: boolean }>()
  readonly #debounce: Debounce
  readonly #rejects = new Map<string, number>()
  /** Proxies that have not had the newest model yet, the longest waiting first. */
  readonly #behind = new Set<ProxyStream>()
  readonly #issues: IssueRegistry
  #sweep: Timer | undefined
  #snapshot: MeshSnapshot
  #generator: Generator
  #pushes = 0
  #failures = 0

  constructor(options: DiscoveryOptions, deps: DiscoveryDeps) {
    this.#options = options
    this.#deps = deps
    this.#debounce = createDebounce({ quietMs: options.quietMs ?? 30, maxMs: options.maxMs ?? 1000 }, deps.clock, () => this.#push())
    this.#issues = createIssueRegistry(deps.logger)
    this.#snapshot = createMeshSnapshot(options.input())
    this.#generator = this.#createGenerator()
  }

  changed(isUrgent: boolean): void {
    this.#debounce.trigger(isUrgent)
  }

  secretsChanged(): void {
    // Also those that name secrets and have not asked for them yet: what they will be sent was made when they connected.
    for (const [stream, { node }] of this.#connected) {
      const isNaming = this.#generator.resourcesFor(node).secretNames.length > 0
      if (isNaming || stream.status().has(typeUrls.secret)) this.#behind.add(stream)
    }
    if (!this.#sweep) this.#serveBehind()
  }

  trustChanged(): void {
    // Also those that have not asked yet: what they will be sent is decided here.
    for (const stream of this.#connected.keys()) this.#behind.add(stream)
    this.#sweep?.cancel()
    this.#serveBehind()
  }

  hasTrust(proxy: ConnectedProxy): boolean {
    // One that is behind has been asked about older roots only.
    for (const stream of this.#behind) if (this.#connected.get(stream) === proxy) return false
    return proxy.status().get(trustTypeUrls.trustBundle)?.state === 'SYNCED'
  }

  connect(node: ProxyNode, send: SendResponse, mayHaveKeys: boolean = false): ProxyConnection {
    const onRefused = (typeUrl: string, reason: string): void => {
      // A proxy chooses the type it names; only those that are served become metrics of their own.
      const type = servedTypes.has(typeUrl) ? typeUrl : 'other'
      this.#rejects.set(type, (this.#rejects.get(type) ?? 0) + 1)
      this.#deps.logger.warn('a proxy refused resources', { proxy: node.id, typeUrl, reason })
    }
    const stream = createProxyStream(this.#resourcesFor(node, mayHaveKeys), { send, onRefused })
    this.#connected.set(stream, { node, connectedAtMs: this.#deps.clock.now(), status: () => stream.status(), mayHaveKeys })
    return { stream, allowKeys: (isAllowed) => this.#allowKeys(stream, isAllowed), close: () => this.#disconnect(stream, node) }
  }

  proxies(): readonly ConnectedProxy[] {
    return [...this.#connected.values()]
  }

  snapshot(): MeshSnapshot {
    return this.#snapshot
  }

  totals(): DiscoveryTotals {
    return { pushes: this.#pushes, rejects: this.#rejects, failures: this.#failures }
  }

  issues(): readonly KnownIssue[] {
    return this.#issues.list()
  }

  close(): void {
    this.#debounce.close()
    this.#sweep?.cancel()
  }

  #disconnect(stream: ProxyStream, node: ProxyNode): void {
    this.#connected.delete(stream)
    this.#behind.delete(stream)
    this.#issues.forget(node)
  }

  #createGenerator(): Generator {
    this.#issues.setModel(this.#snapshot.issues)
    return createGenerator(this.#snapshot, (node, issues) => this.#issues.set(node, issues))
  }

  #push(): void {
    const { logger } = this.#deps
    this.#pushes++
    try {
      this.#snapshot = createMeshSnapshot(this.#options.input())
    } catch (error) {
      this.#failures++
      logger.error('the model cannot be built; every proxy keeps what it has', { error: messageOf(error) })
      return
    }
    this.#generator = this.#createGenerator()
    for (const stream of this.#connected.keys()) this.#behind.add(stream)
    if (!this.#sweep) this.#serveBehind()
  }

  /** Lets requests, acknowledgements and probes in between: a thousand proxies take seconds. */
  #serveBehind(): void {
    const { clock } = this.#deps
    const endMs = clock.monotonicMs() + sliceMs
    this.#sweep = undefined
    for (const stream of this.#behind) {
      this.#behind.delete(stream)
      const proxy = this.#connected.get(stream)
      if (proxy) this.#pushTo(stream, proxy.node, proxy.mayHaveKeys)
      if (this.#behind.size > 0 && clock.monotonicMs() >= endMs) {
        this.#sweep = clock.setTimer(0, () => this.#serveBehind())
        return
      }
    }
    this.#issues.settle()
  }

  /** What fails for one proxy must not keep the others from their configuration. */
  #pushTo(stream: ProxyStream, node: ProxyNode, mayHaveKeys: boolean): void {
    try {
      stream.push(this.#resourcesFor(node, mayHaveKeys))
    } catch (error) {
      this.#failures++
      this.#deps.logger.error('a proxy keeps what it has: its configuration cannot be made', { proxy: node.id, error: messageOf(error) })
    }
  }

  #allowKeys(stream: ProxyStream, mayHaveKeys: boolean): void {
    const proxy = this.#connected.get(stream)
    if (!proxy || proxy.mayHaveKeys === mayHaveKeys) return
    this.#connected.set(stream, { ...proxy, mayHaveKeys })
    this.#pushTo(stream, proxy.node, mayHaveKeys)
  }

  #resourcesFor(node: ProxyNode, mayHaveKeys: boolean): ProxyResources {
    const { resources, secretNames } = this.#generator.resourcesFor(node)
    const trust = this.#options.trust?.() ?? []
    if (secretNames.length === 0) return trust.length === 0 ? resources : new Map([...resources, ...indexResources(trust)])
    const secrets = this.#options.credentials?.resourcesFor(node, secretNames, mayHaveKeys) ?? []
    return new Map([...resources, ...indexResources([...trust, [typeUrls.secret, secrets]])])
  }
}
