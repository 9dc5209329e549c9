/** A watch as an HTTP answer: one JSON event a line, headers at once, bookmarks, a clean end, and no unbounded buffer. */
import type { Clock, Timer } from '@heddle/base'
import type { KubernetesObject } from '@heddle/client'
import { type Exchange, wholeNumber } from './http-exchange.js'
import { inVersion } from './local-client.js'
import type { Selectors } from './list.js'
import type { Registry } from './registry.js'
import type { RequestTarget } from './request-target.js'
import { apiVersionOf } from './resource-kind.js'
import { renderTable, tableRequest } from './table.js'
import { startWatch, type WatchSession } from './watch-session.js'

const bookmarkMs = 60_000
const defaultTimeoutSeconds = 1800
/** A client that does not read is cut off: it can list again, the server cannot buffer for it. */
const maxBufferedBytes = 16 * 1024 * 1024

export function serveWatch(
  exchange: Exchange,
  target: RequestTarget,
  selectors: Selectors,
  { registry, clock }: { readonly registry: Registry; readonly clock: Clock },
): void {
  const { response, query } = exchange
  const { kind, version } = target
  const table = tableRequest(exchange.accept, query.get('includeObject'))
  const timeoutSeconds = wholeNumber(query, 'timeoutSeconds') || defaultTimeoutSeconds
  const render = (object: KubernetesObject): object =>
    table
      ? renderTable(kind, [inVersion(object, kind, target)], { resourceVersion: object.metadata.resourceVersion }, table, clock.now())
      : inVersion(object, kind, target)
  const write = (type: string, object: object): void => {
    // Started at the first event, so that a refused watch (410) is still an ordinary answer.
    if (!response.headersSent) response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' })
    response.write(`${JSON.stringify({ type, object })}\n`)
    if (response.writableLength > maxBufferedBytes) response.destroy()
  }
  const request = {
    ...selectors,
    resourceVersion: query.get('resourceVersion') ?? undefined,
    ...(query.has('sendInitialEvents') && { sendInitialEvents: query.get('sendInitialEvents') === 'true' }),
  }
  const session = startWatch(registry, kind, request, {
    event: (type, object) => write(type, render(object)),
    bookmark: (resourceVersion, isInitialEnd) =>
      write('BOOKMARK', bookmarkObject(kind.kind, apiVersionOf(kind, version), resourceVersion, isInitialEnd)),
  })
  if (!response.headersSent) response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' })
  response.flushHeaders()
  keepWatch(exchange, session, timeoutSeconds, clock)
}

function bookmarkObject(kind: string, apiVersion: string, resourceVersion: string, isInitialEnd: boolean): object {
  const annotations = isInitialEnd ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {}
  return { kind, apiVersion, metadata: { resourceVersion, creationTimestamp: null, ...annotations } }
}

function keepWatch({ response, query }: Exchange, session: WatchSession, timeoutSeconds: number, clock: Clock): void {
  let bookmarkTimer: Timer | undefined
  const scheduleBookmark = (): void => {
    bookmarkTimer = clock.setTimer(bookmarkMs, () => {
      session.bookmark()
      scheduleBookmark()
    })
  }
  if (query.get('allowWatchBookmarks') === 'true') scheduleBookmark()
  const endTimer = clock.setTimer(timeoutSeconds * 1000, () => response.end())
  // The response's close, not the request's: that one fires as soon as the empty body was read.
  response.on('close', () => {
    session.stop()
    bookmarkTimer?.cancel()
    endTimer.cancel()
  })
}
