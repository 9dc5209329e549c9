/**
 * Filters that embedders write: plain typed objects, run in order after the route is chosen and before anything goes
 * upstream. They are synchronous and see heads only. One that throws costs its request a 500.
 */
import type { RequestRecord } from '../decision-record.js'
import type { HeaderEdits } from '../telemetry.js'

export interface FilterView {
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

export interface ProxyFilter {
  readonly name: string
  /** @returns an answer to stop with, or undefined to go on. */
  onRequest?(view: FilterView): FilterReply | undefined
  onResponse?(view: FilterView): void
}
