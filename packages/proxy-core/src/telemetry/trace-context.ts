/**
 * Trace headers on their way through (W3C Trace Context, B3 in several headers or one). A context that came stays as it
 * is: no spans are exported from here, so a span id of our own would be a parent that nobody ever sees. Where there is
 * none, one is started and sampled at the configured rate, as Istio's proxies do.
 */
import type { Random } from '@heddle/base'
import { HexPool } from '../message/hex-pool.js'
import type { HeaderEdits } from '../telemetry.js'

export interface TracePropagator {
  /** @param samplingPercent of requests that bring no decision of their own. */
  propagate(headers: HeaderEdits, samplingPercent: number): void
}

export function createTracePropagator(random: Random): TracePropagator {
  const ids = new HexPool(random)
  return {
    propagate(headers, samplingPercent) {
      if (hasContext(headers)) return
      const isSampled = decisionOf(headers) ?? random.next() * 100 < samplingPercent
      const traceId = ids.next(16)
      const spanId = ids.next(8)
      headers.set('traceparent', `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}`)
      headers.set('x-b3-traceid', traceId)
      headers.set('x-b3-spanid', spanId)
      headers.set('x-b3-sampled', isSampled ? '1' : '0')
    },
  }
}

function hasContext(headers: HeaderEdits): boolean {
  const b3TraceId = headers.get('x-b3-traceid')
  return (
    isTraceparent(headers.get('traceparent')) || (b3TraceId !== undefined && b3TraceIdPattern.test(b3TraceId)) || isB3(headers.get('b3'))
  )
}

const traceparentPattern = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/
const zeros = /^0+$/

/** Version 00 ends after the flags; later ones may go on; ff is none. An id of zeros is invalid. */
function isTraceparent(text: string | undefined): boolean {
  const match = text === undefined ? null : traceparentPattern.exec(text)
  if (!match) return false
  const [, version, traceId = '', spanId = '', , rest] = match
  return version !== 'ff' && !(version === '00' && rest !== undefined) && !zeros.test(traceId) && !zeros.test(spanId)
}

const b3TraceIdPattern = /^[0-9a-f]{16}(?:[0-9a-f]{16})?$/

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
function isB3(text: string | undefined): boolean {
  return text !== undefined && /^(?:[0-9a-f]{16}|[0-9a-f]{32})-[0-9a-f]{16}(?:-[01d](?:-[0-9a-f]{16})?)?$/.test(text)
}
