/** VirtualService fault -> Envoy's fault filter, per route. */
import { grpcStatusNames } from '@heddle/base'
import type { FaultInjection, FractionalPercent } from '@heddle/routing'
import { durationMs } from '../resources/duration-field.js'
import type { HttpFaultInjection, Percent } from '../resources/virtual-service.js'

export function faultInjection(fault: HttpFaultInjection): FaultInjection | undefined {
  const delay = delayOf(fault.delay)
  const abort = abortOf(fault.abort)
  if (delay === undefined && abort === undefined) return undefined
  return { ...(delay === undefined ? {} : { delay }), ...(abort === undefined ? {} : { abort }) }
}

/** Percentages have up to four decimals, so they are counted in millionths. */
export function fraction(percent: Percent): FractionalPercent {
  return { numerator: Math.trunc((percent.value ?? 0) * 10_000), denominator: 'MILLION' }
}

function share(percentage: Percent | undefined, whole: number | undefined): FractionalPercent {
  return percentage === undefined ? { numerator: whole ?? 0, denominator: 'HUNDRED' } : fraction(percentage)
}

function delayOf(delay: HttpFaultInjection['delay']): FaultInjection['delay'] {
  const fixedDelayMs = durationMs(delay?.fixedDelay)
  return fixedDelayMs === undefined ? undefined : { fixedDelayMs, percentage: share(delay?.percentage, delay?.percent) }
}

function abortOf(abort: HttpFaultInjection['abort']): FaultInjection['abort'] {
  const grpcStatus = grpcCode(abort?.grpcStatus)
  if (abort === undefined || (abort.httpStatus === undefined && grpcStatus === undefined)) return undefined
  return {
    ...(abort.httpStatus === undefined ? {} : { httpStatus: abort.httpStatus }),
    ...(grpcStatus === undefined ? {} : { grpcStatus }),
    percentage: share(abort.percentage, undefined),
  }
}

function grpcCode(status: string | undefined): number | undefined {
  if (status === undefined) return undefined
  const code = /^\d+$/.test(status) ? Number(status) : grpcStatusNames.indexOf(status.toUpperCase())
  return code < 0 ? undefined : code
}
