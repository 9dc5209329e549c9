/** One watch request as a sequence of events (Kubernetes API concepts, "efficient detection of changes"): JSON objects, one a line. */
import { type Clock, HeddleError } from '@heddle/base'
import { type ApiConnection, readText } from './api-connection.js'
import { readStatus, statusError } from './api-error.js'
import type { KubernetesObject, ListOptions, ResourceType, Status } from './resource-client.js'
import { listQuery, resourcePath } from './resource-path.js'

export type WatchEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: KubernetesObject }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string }

/** The server is asked to end each watch after this; the client gives up a silent one a little later. */
const watchTimeoutSeconds = 290
const overdueMs = 30_000
const maxLineBytes = 16 * 1024 * 1024

/** @throws HEDDLE_API_STATUS (410 when `resourceVersion` is too old), HEDDLE_API_UNREACHABLE, HEDDLE_API_WATCH. */
export async function* openWatch(
  connection: ApiConnection,
  type: ResourceType,
  options: ListOptions,
  resourceVersion: string,
  clock: Clock,
): AsyncGenerator<WatchEvent> {
  const query = listQuery(options, {
    watch: 'true',
    allowWatchBookmarks: 'true',
    resourceVersion,
    timeoutSeconds: String(watchTimeoutSeconds),
  })
  const overdue = new AbortController()
  const timer = clock.setTimer(watchTimeoutSeconds * 1000 + overdueMs, () => overdue.abort())
  const signal = options.signal ? AbortSignal.any([options.signal, overdue.signal]) : overdue.signal
  try {
    const response = await connection.send({
      path: `${resourcePath(type, { namespace: options.namespace })}${query}`,
      headers: { accept: 'application/json' },
      signal,
    })
    if (response.status !== 200) throw statusError(readStatus(response.status, await readText(response)))
    for await (const line of splitLines(response.body)) yield parseEvent(line)
  } finally {
    timer.cancel()
  }
}

async function* splitLines(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of body) {
    let bytes = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk])
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10)) {
      if (end > 0) yield bytes.toString('utf8', 0, end)
      bytes = bytes.subarray(end + 1)
    }
    if (bytes.length > maxLineBytes) throw malformed('an event is larger than 16 MiB')
    rest = bytes
  }
}

function parseEvent(line: string): WatchEvent {
  const event = parseLine(line)
  switch (event.type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      return { type: event.type, object: event.object }
    case 'BOOKMARK':
      return { type: 'BOOKMARK', resourceVersion: event.object.metadata.resourceVersion ?? '' }
    case 'ERROR':
      throw statusError(event.object as unknown as Status)
    default:
      throw malformed(`unknown event type "${event.type}"`)
  }
}

function parseLine(line: string): { readonly type: string; readonly object: KubernetesObject } {
  try {
    return JSON.parse(line) as { type: string; object: KubernetesObject }
  } catch {
    throw malformed(`an event is not JSON: ${line.slice(0, 80)}`)
  }
}

function malformed(reason: string): HeddleError {
  return new HeddleError({
    code: 'HEDDLE_API_WATCH',
    message: `the API's watch stream is malformed: ${reason}`,
    origin: 'upstream',
    retryable: true,
  })
}
