/**
 * Filters that embedders add: plain typed objects, run in order after the route is chosen and before anything goes
 * upstream. They are synchronous; the engine's own duties (forwarding headers, peer metadata) are not filters, since they
 * are not optional.
 */
import type { HeaderBlock } from '../message/header-block.js'
import type { RequestRecord } from '../decision-record.js'
import type { HeaderEdits } from '../telemetry.js'

export interface HttpFilterEngineView {
  readonly record: RequestRecord
  readonly headers: HeaderEdits
}

/** An answer in place of the upstream's. */
export interface FilterReply {
  readonly status: number
  readonly body?: string
  /** `%RESPONSE_CODE_DETAILS%`. Default: `filter_reply`. */
  readonly details?: string
}

export interface EngineFilter {
  readonly name: string
  /** @returns an answer to stop with, or undefined to go on. */
  onRequest?(view: HttpFilterEngineView): FilterReply | undefined
  onResponse?(view: HttpFilterEngineView): void
}

export interface HttpFilterSet {
  onRequest(record: RequestRecord, headers: HeaderBlock): FilterReply | undefined
  onResponse(record: RequestRecord, headers: HeaderBlock): void
}

export function createFilterSet(filters: readonly EngineFilter[]): HttpFilterSet {
  return {
    onRequest(record, headers) {
      for (const filter of filters) {
        const reply = filter.onRequest?.({ record, headers: editsOf(headers) })
        if (reply !== undefined) return reply
      }
      return undefined
    },
    onResponse(record, headers) {
      for (const filter of filters) filter.onResponse?.({ record, headers: editsOf(headers) })
    },
  }
}

/** A block is its own editor: same three functions. */
function editsOf(headers: HeaderBlock): HeaderEdits {
  return headers
}
