/**
 * Trace headers on their way through (W3C Trace Context, B3 in several headers or one): an incoming context is continued
 * with a span of our own, and where there is none a new one is started and sampled at the configured rate. Baggage and
 * `tracestate` pass as they are.
 */
import type { Random } from '@heddle/base'
import type { HeaderEdits } from '../telemetry.js'

export interface TracePropagator {
  /** @param samplingPercent of requests that bring no decision of their own. */
  propagate(headers: HeaderEdits, samplingPercent: number): void
}

interface TraceContext {
  /** 32 hex digits. */
  readonly traceId: string
  readonly spanId: string | undefined
  /** Undefined: the sender leaves the decision to us. */
  readonly isSampled: boolean | undefined
}

export function createTracePropagator(random: Random): TracePropagator {
  const ids = new HexPool(random)
  return {
    propagate(headers, samplingPercent) {
      const w3c = readTraceparent(headers.get('traceparent'))
      const multi = readB3Headers(headers)
      const single = readB3(headers.get('b3'))
      const incoming = w3c ?? multi ?? single
      const decided = incoming === undefined ? decisionOf(headers) : incoming.isSampled
      const isSampled = decided ?? random.next() * 100 < samplingPercent
      const spanId = ids.next(8)
      const traceId = incoming?.traceId ?? ids.next(16)
      headers.set('traceparent', `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}`)
      if (incoming === undefined || multi !== undefined) writeB3Headers(headers, multi, traceId, spanId, isSampled)
      if (single !== undefined) headers.set('b3', `${single.traceId}-${spanId}-${isSampled ? '1' : '0'}`)
    },
  }
}

const traceparentPattern = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/
const zeros = /^0+$/

/** Version 00 ends after the flags; later ones may go on; ff is none. An id of zeros is invalid. */
function readTraceparent(text: string | undefined): TraceContext | undefined {
  const match = text === undefined ? null : traceparentPattern.exec(text)
  if (!match) return undefined
  const [, version, traceId = '', spanId = '', flags = '', rest] = match
  if (version === 'ff' || (version === '00' && rest !== undefined) || zeros.test(traceId) || zeros.test(spanId)) return undefined
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & 1) === 1 }
}

const b3TraceIdPattern = /^[0-9a-f]{16}(?:[0-9a-f]{16})?$/

function readB3Headers(headers: HeaderEdits): TraceContext | undefined {
  const traceId = headers.get('x-b3-traceid')
  if (traceId === undefined || !b3TraceIdPattern.test(traceId)) return undefined
  return { traceId: traceId.padStart(32, '0'), spanId: headers.get('x-b3-spanid'), isSampled: decisionOf(headers) }
}

/** A decision may come without a context: `x-b3-sampled: 0`, `b3: 0`, the debug flag. */
function decisionOf(headers: HeaderEdits): boolean | undefined {
  if (headers.get('x-b3-flags') === '1') return true
  return b3Decision(headers.get('x-b3-sampled') ?? headers.get('b3'))
}

function b3Decision(text: string | undefined): boolean | undefined {
  if (text === '1' || text === 'd' || text === 'true') return true
  return text === '0' || text === 'false' ? false : undefined
}

/** `TRACEID-SPANID[-SAMPLED[-PARENT]]`. */
function readB3(text: string | undefined): TraceContext | undefined {
  const match = text === undefined ? null : /^([0-9a-f]{16}|[0-9a-f]{32})-([0-9a-f]{16})(?:-([01d])(?:-[0-9a-f]{16})?)?$/.exec(text)
  return match ? { traceId: (match[1] as string).padStart(32, '0'), spanId: match[2], isSampled: b3Decision(match[3]) } : undefined
}

/** The sender's own trace id stays as it wrote it. */
function writeB3Headers(headers: HeaderEdits, before: TraceContext | undefined, traceId: string, spanId: string, isSampled: boolean): void {
  if (before === undefined) headers.set('x-b3-traceid', traceId)
  if (before?.spanId !== undefined) headers.set('x-b3-parentspanid', before.spanId)
  headers.set('x-b3-spanid', spanId)
  headers.set('x-b3-sampled', isSampled ? '1' : '0')
}

const hexOfByte: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Ids come from a pool: one call for randomness serves hundreds of requests. */
class HexPool {
  readonly #random: Random
  #bytes: Uint8Array = new Uint8Array(0)
  #at = 0

  constructor(random: Random) {
    this.#random = random
  }

  next(byteCount: number): string {
    if (this.#at + byteCount > this.#bytes.length) {
      this.#bytes = this.#random.bytes(4096)
      this.#at = 0
    }
    let text = ''
    for (const end = this.#at + byteCount; this.#at < end; this.#at++) text += hexOfByte[this.#bytes[this.#at] as number] as string
    return text
  }
}
