/** The one error shape of Heddle: data for programs (`code`, `origin`, `retryable`) and sentences for people (`message`, `hint`). */

export type ErrorOrigin = 'downstream' | 'upstream' | 'internal' | 'user'

export interface HeddleErrorOptions {
  /** Stable identifier, `HEDDLE_<AREA>_<WHAT>`; programs match this, never the text. */
  readonly code: string
  /** What happened, to whom, and what was expected. */
  readonly message: string
  /** Where the fault lies. Default: `internal`. */
  readonly origin?: ErrorOrigin
  /** Whether the same call may succeed later unchanged. Default: `false`. */
  readonly retryable?: boolean
  /** What to do next, as a full sentence. */
  readonly hint?: string
  readonly cause?: unknown
}

const brand = Symbol.for('heddle.error')

export class HeddleError extends Error {
  readonly code: string
  readonly origin: ErrorOrigin
  readonly retryable: boolean
  readonly hint: string | undefined

  constructor(options: HeddleErrorOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'HeddleError'
    this.code = options.code
    this.origin = options.origin ?? 'internal'
    this.retryable = options.retryable ?? false
    this.hint = options.hint
    Object.defineProperty(this, brand, { value: true })
  }
}

/** True for a HeddleError of any copy of this package, optionally of one code. */
export function isHeddleError(value: unknown, code?: string): value is HeddleError {
  if (typeof value !== 'object' || value === null || !(brand in value)) return false
  return code === undefined || (value as unknown as HeddleError).code === code
}

/** The text of an unknown thrown value, for messages. */
export function messageOf(value: unknown): string {
  return value instanceof Error ? value.message : String(value)
}
