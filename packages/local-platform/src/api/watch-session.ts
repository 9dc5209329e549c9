/**
 * One watch over the event log: which events a client with its selectors sees, and the initial state where it asked for it
 * (Kubernetes API concepts, "watch" and "streaming lists").
 */
import type { KubernetesObject } from '@heddle/client'
import type { StoreEvent } from '../store/event-log.js'
import { badRequest, expired } from './api-failure.js'
import type { Selectors } from './list.js'
import type { Registry } from './registry.js'
import { collectionPrefix, type ResourceKind } from './resource-kind.js'
import { parseFieldSelector, parseLabelSelector } from './selector.js'

export interface WatchRequest extends Selectors {
  /** Unset and `0` start with the present objects as ADDED; a number goes on after that version. */
  readonly resourceVersion?: string | undefined
  readonly sendInitialEvents?: boolean
}

export interface WatchSink {
  event(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: KubernetesObject): void
  /** `isInitialEnd`: everything that existed when a streaming list began has been sent. */
  bookmark(resourceVersion: string, isInitialEnd: boolean): void
}

export interface WatchSession {
  /** Tells the sink the newest version it has seen everything up to. */
  bookmark(): void
  stop(): void
}

/** Sends to `sink` at once what is there, then what comes. @throws 410 Expired, 400 BadRequest. */
export function startWatch(registry: Registry, kind: ResourceKind, request: WatchRequest, sink: WatchSink): WatchSession {
  const { events } = registry.store
  const { revision } = events
  const prefix = collectionPrefix(kind, request.namespace)
  const matches = matcher(kind, request)
  const seen = { revision: startRevision(request, revision) ?? revision }
  const isInitial = request.sendInitialEvents ?? startRevision(request, revision) === undefined
  const missed = isInitial ? [] : events.since(seen.revision)
  if (missed === undefined) throw expired(seen.revision)

  const deliver = (event: StoreEvent): void => {
    if (event.revision <= seen.revision) return
    seen.revision = event.revision
    if (!event.key.startsWith(prefix)) return
    const before = event.previous
    const wasIn = before !== undefined && matches(before)
    const isIn = event.object !== undefined && matches(event.object)
    if (isIn && event.object) sink.event(wasIn ? 'MODIFIED' : 'ADDED', event.object)
    else if (wasIn && before) sink.event('DELETED', atRevision(before, event.revision))
  }
  if (isInitial) {
    for (const object of registry.list(kind, request).items) sink.event('ADDED', object)
    if (request.sendInitialEvents) sink.bookmark(String(revision), true)
  }
  for (const event of missed) deliver(event)
  const unsubscribe = events.subscribe(deliver)
  return {
    bookmark: () => sink.bookmark(String(events.revision), false),
    stop: unsubscribe,
  }
}

function startRevision({ resourceVersion, sendInitialEvents }: WatchRequest, now: number): number | undefined {
  if (resourceVersion === undefined || resourceVersion === '' || resourceVersion === '0' || sendInitialEvents) return undefined
  if (!/^\d+$/.test(resourceVersion)) throw badRequest(`invalid resource version "${resourceVersion}"`)
  // A version from another life of this server would hide every event up to it.
  if (Number(resourceVersion) > now) throw expired(resourceVersion)
  return Number(resourceVersion)
}

function matcher(kind: ResourceKind, request: Selectors): (object: KubernetesObject) => boolean {
  const byLabel = parseLabelSelector(request.labelSelector)
  const byField = parseFieldSelector(request.fieldSelector, kind)
  return (object) => byLabel(object) && byField(object)
}

function atRevision(object: KubernetesObject, revision: number): KubernetesObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } }
}
