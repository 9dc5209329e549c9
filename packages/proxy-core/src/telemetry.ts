/**
 * The seam between the data path and everything that watches it. The engine calls these hooks synchronously on the hot
 * path; they must not throw (a throw is caught and logged) and should not allocate more than they need.
 */
import type { ConnectionRecord, DownstreamConnection, RequestRecord } from './decision-record.js'

/**
 * Changes to a head on its way through. Names are written as given and compared without case. Filters' values are checked
 * and may be any text; telemetry's are written as they are, so they must be latin1 without CR, LF and NUL.
 */
export interface HeaderEdits {
  /** First value as it stands now, or undefined. `name` in lower case. */
  get(name: string): string | undefined
  /** Replaces every value. */
  set(name: string, value: string): void
  remove(name: string): void
}

export interface Telemetry {
  /**
   * Once per request, after the route and cluster are chosen and before the first head goes upstream: the place for trace
   * headers and peer metadata. `x-envoy-peer-metadata` and `-id` of the client are already gone from `headers`; read
   * them through `record.requestHeader`.
   */
  onRequest?(record: RequestRecord, headers: HeaderEdits): void
  /** When the answer's head is about to go downstream; the upstream's peer metadata is gone from `headers`, see `record.responseHeader`. */
  onResponse?(record: RequestRecord, headers: HeaderEdits): void
  /** Once per request, when its last byte is sent or it failed. */
  onRequestComplete(record: RequestRecord): void
  onConnectionOpen?(connection: DownstreamConnection): void
  /** Once per connection that carried opaque bytes or found no filter chain. HTTP connections report their requests. */
  onConnectionComplete(record: ConnectionRecord): void
}

export const silentTelemetry: Telemetry = { onRequestComplete: () => {}, onConnectionComplete: () => {} }
