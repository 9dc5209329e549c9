/**
 * A list kept current by a watch, with client-go's reflector rules: list, watch from the list's version, go on from the last
 * version seen (bookmarks included) after a clean end, relist after 410, back off with jitter after a failure.
 */
import { type Clock, delay, type Logger, messageOf, type Random } from '@heddle/base'
import { statusOf } from './api-error.js'
import type { Informer, InformerEvent, InformerOptions, KubernetesObject, ResourceList } from './resource-client.js'
import type { WatchEvent } from './watch-stream.js'

/** Where an informer gets its objects from; the in-process client of the embedded API is one, HTTPS the other. */
export interface InformerSource {
  list(signal: AbortSignal): Promise<ResourceList>
  watch(resourceVersion: string, signal: AbortSignal): AsyncIterable<WatchEvent>
  /** Named in log lines. */
  readonly what: string
}

export interface InformerDeps {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

const firstBackoffMs = 100
const maxBackoffMs = 2000
const shortWatchMs = 1000

export function createInformer(source: InformerSource, options: InformerOptions, deps: InformerDeps): Informer {
  const abort = new AbortController()
  const signal = options.signal ? AbortSignal.any([options.signal, abort.signal]) : abort.signal
  const emit = (event: InformerEvent): void => {
    try {
      options.onEvent?.(event)
    } catch (error) {
      deps.logger.error('a watch handler failed', { what: source.what, error: messageOf(error) })
    }
  }
  const table = createObjectTable(emit)
  /** Failures since the last event; decides the back-off. */
  let attempt = 0

  const follow = async (start: string): Promise<void> => {
    let version = start
    while (!signal.aborted) {
      const startedMs = deps.clock.monotonicMs()
      for await (const event of source.watch(version, signal)) {
        version = (event.type === 'BOOKMARK' ? event.resourceVersion : event.object.metadata.resourceVersion) ?? version
        table.take(event)
        attempt = 0
      }
      // A server that ends every watch at once must not be asked in a tight loop.
      if (deps.clock.monotonicMs() - startedMs < shortWatchMs) await delay(deps.clock, firstBackoffMs, signal)
    }
  }
  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      try {
        const list = await source.list(signal)
        table.replace(list)
        await follow(list.resourceVersion)
      } catch (error) {
        if (signal.aborted) return
        if (statusOf(error)?.code === 410 && attempt++ === 0) continue
        const backoffMs = Math.min(maxBackoffMs, firstBackoffMs * 2 ** attempt++) * (0.5 + deps.random.next() / 2)
        deps.logger.warn('watch failed, trying again', { what: source.what, backoffMs: Math.round(backoffMs), error: messageOf(error) })
        await delay(deps.clock, backoffMs, signal).catch(() => undefined)
      }
    }
  }

  const running = run()
  return {
    list: () => table.list(),
    get: (name, namespace) => table.get(name, namespace),
    get isSynced() {
      return table.isSynced()
    },
    async close() {
      abort.abort()
      await running
    },
  }
}

interface ObjectTable {
  /** Takes a complete list: what is missing in it was deleted. */
  replace(list: ResourceList): void
  take(event: WatchEvent): void
  list(): readonly KubernetesObject[]
  get(name: string, namespace: string | undefined): KubernetesObject | undefined
  isSynced(): boolean
}

/** The objects as last seen; tells every change once and never goes back to an older version. */
function createObjectTable(emit: (event: InformerEvent) => void): ObjectTable {
  const objects = new Map<string, KubernetesObject>()
  let isSynced = false
  const remove = (key: string, object: KubernetesObject): void => {
    if (objects.delete(key)) emit({ type: 'deleted', object })
  }
  const apply = (object: KubernetesObject): void => {
    const key = keyOf(object)
    const known = objects.get(key)
    if (known && known.metadata.uid !== object.metadata.uid) remove(key, known)
    else if (known && !isNewer(object, known)) return
    objects.set(key, object)
    emit({ type: 'applied', object })
  }
  return {
    replace(list) {
      const listed = new Set(list.items.map(keyOf))
      for (const [key, object] of objects) if (!listed.has(key)) remove(key, object)
      for (const item of list.items) apply(item)
      if (isSynced) return
      isSynced = true
      emit({ type: 'synced' })
    },
    take(event) {
      if (event.type === 'DELETED') remove(keyOf(event.object), event.object)
      else if (event.type !== 'BOOKMARK') apply(event.object)
    },
    list: () => [...objects.values()],
    get: (name, namespace) => objects.get(`${namespace ?? ''}/${name}`),
    isSynced: () => isSynced,
  }
}

function keyOf(object: KubernetesObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`
}

/** Resource versions are compared as integers, as client-go does since 1.33; unparsable ones count as newer when they differ. */
function isNewer(object: KubernetesObject, known: KubernetesObject): boolean {
  const next = object.metadata.resourceVersion ?? ''
  const last = known.metadata.resourceVersion ?? ''
  if (/^\d+$/.test(next) && /^\d+$/.test(last)) return BigInt(next) > BigInt(last)
  return next !== last
}
