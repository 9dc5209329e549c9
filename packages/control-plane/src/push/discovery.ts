/** All connected proxies and the model they are served from: the heart of Pilot. */
import type { Clock, Logger } from '@heddle/base'
import { createMeshSnapshot, type MeshSnapshot, type MeshSnapshotInput, type ProxyNode } from '@heddle/translation'
import { createDebounce } from './debounce.js'
import { createGenerator, type Generator } from './generator.js'
import { createProxyStream, type ProxyStream, type SendResponse } from './proxy-stream.js'
import type { SubscriptionStatus } from './subscription.js'

export interface DiscoveryOptions {
  readonly input: () => MeshSnapshotInput
  /** Quiet time before a push. Default: 30 ms. */
  readonly quietMs?: number
  /** Longest wait after the first change. Default: 1 s. */
  readonly maxMs?: number
}

export interface ConnectedProxy {
  readonly node: ProxyNode
  readonly connectedAtMs: number
  status(): ReadonlyMap<string, SubscriptionStatus>
}

export interface Discovery {
  /** Says that the input changed; proxies hear of it after the debounce, or at once. */
  changed(isUrgent: boolean): void
  connect(node: ProxyNode, send: SendResponse): ProxyConnection
  proxies(): readonly ConnectedProxy[]
  snapshot(): MeshSnapshot
  readonly pushCount: number
  close(): void
}

export interface ProxyConnection {
  readonly stream: ProxyStream
  close(): void
}

export function createDiscovery(options: DiscoveryOptions, deps: { readonly clock: Clock; readonly logger: Logger }): Discovery {
  const { clock, logger } = deps
  const connected = new Map<ProxyStream, ConnectedProxy>()
  let snapshot = createMeshSnapshot(options.input())
  let generator: Generator = createGenerator(snapshot, logger)
  let pushCount = 0

  const push = (): void => {
    const startedMs = clock.monotonicMs()
    snapshot = createMeshSnapshot(options.input())
    generator = createGenerator(snapshot, logger)
    pushCount++
    for (const [stream, { node }] of connected) stream.push(generator.resourcesFor(node))
    logger.debug('pushed', { proxies: connected.size, ms: Math.round(clock.monotonicMs() - startedMs) })
  }
  const debounce = createDebounce({ quietMs: options.quietMs ?? 30, maxMs: options.maxMs ?? 1000 }, clock, push)

  return {
    changed(isUrgent) {
      debounce.trigger()
      if (isUrgent) debounce.flush()
    },
    connect(node, send) {
      const stream = createProxyStream(generator.resourcesFor(node), send)
      connected.set(stream, { node, connectedAtMs: clock.now(), status: () => stream.status() })
      return { stream, close: () => void connected.delete(stream) }
    },
    proxies: () => [...connected.values()],
    snapshot: () => snapshot,
    get pushCount() {
      return pushCount
    },
    close: () => debounce.close(),
  }
}
