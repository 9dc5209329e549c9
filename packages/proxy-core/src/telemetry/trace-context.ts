/**
 * Trace headers on their way through (W3C Trace Context, B3): an incoming context is continued with a span of our own,
 * and where there is none a new one is started and sampled at the configured rate. Baggage and `tracestate` pass as they are.
 */
import type { Random } from '@heddle/base'
import type { HeaderEdits } from '../telemetry.js'

const traceparentPattern = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})/

/** @param samplingPercent of requests without a context of their own. */
export function propagateTrace(headers: HeaderEdits, random: Random, samplingPercent: number): void {
  const traceparent = headers.get('traceparent')
  const w3c = traceparent === undefined ? null : traceparentPattern.exec(traceparent)
  const b3TraceId = headers.get('x-b3-traceid')
  const traceId =
    w3c?.[1] ?? (b3TraceId === undefined || !/^[0-9a-f]{16}([0-9a-f]{16})?$/.test(b3TraceId) ? undefined : b3TraceId.padStart(32, '0'))
  const spanId = hexOf(random, 8)
  if (traceId === undefined) {
    start(headers, hexOf(random, 16), spanId, random.next() * 100 < samplingPercent)
    return
  }
  const isSampled = w3c ? (Number.parseInt(w3c[3] as string, 16) & 1) === 1 : headers.get('x-b3-sampled') !== '0'
  headers.set('traceparent', `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}`)
  if (b3TraceId === undefined) return
  const parent = headers.get('x-b3-spanid')
  if (parent !== undefined) headers.set('x-b3-parentspanid', parent)
  headers.set('x-b3-spanid', spanId)
}

function start(headers: HeaderEdits, traceId: string, spanId: string, isSampled: boolean): void {
  headers.set('traceparent', `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}`)
  headers.set('x-b3-traceid', traceId)
  headers.set('x-b3-spanid', spanId)
  headers.set('x-b3-sampled', isSampled ? '1' : '0')
}

const hexDigits = '0123456789abcdef'
let pool: Uint8Array = new Uint8Array(0)
let poolAt = 0
let poolOwner: Random | undefined

/** Ids come from a pool: one call for randomness serves hundreds of requests. */
function hexOf(random: Random, byteCount: number): string {
  if (poolOwner !== random || poolAt + byteCount > pool.length) {
    pool = random.bytes(4096)
    poolAt = 0
    poolOwner = random
  }
  let text = ''
  for (let index = 0; index < byteCount; index++) {
    const byte = pool[poolAt++] as number
    text += hexDigits[byte >> 4] as string
    text += hexDigits[byte & 15] as string
  }
  return text
}
