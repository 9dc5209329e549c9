/**
 * Envoy's fault filter as one route configures it: a delay first, then an abort, each for a share of the requests. Without
 * a status or duration of its own the client says it in headers, and may lower the share, never raise it.
 */
import {
  type CompileRegex,
  compileHeaderMatchers,
  type FaultInjection,
  type FractionalPercent,
  isSampled,
  type RouteRequest,
} from '@heddle/routing'
import type { Random } from '@heddle/base'
import type { LocalReply } from '../router/local-reply.js'
import { responseFlagBits as flag } from '../response-flag.js'

export interface FaultRuntime {
  /** Faults of the manager at the same time. */
  readonly maxActive: number
  appliesTo(request: RouteRequest): boolean
  /** Milliseconds to wait for; 0: none. */
  delayMs(request: RouteRequest, random: Random): number
  /** @returns the answer in place of the upstream's. */
  abort(request: RouteRequest, random: Random): LocalReply | undefined
}

const everyRequest = (): boolean => true

/** @throws HEDDLE_ROUTING_REGEX_UNAVAILABLE, HEDDLE_ROUTING_REGEX_INVALID */
export function compileFault(fault: FaultInjection | undefined, compileRegex: CompileRegex | undefined): FaultRuntime | undefined {
  if (fault?.delay === undefined && fault?.abort === undefined) return undefined
  const { delay, abort, headers, maxActiveFaults } = fault
  return {
    maxActive: maxActiveFaults ?? Infinity,
    appliesTo: headers === undefined ? everyRequest : compileHeaderMatchers(headers, compileRegex),
    delayMs: (request, random) => (delay === undefined ? 0 : delayMsOf(delay, request, random)),
    abort: (request, random) => (abort === undefined ? undefined : abortOf(abort, request, random)),
  }
}

function delayMsOf({ fixedDelayMs, percentage }: NonNullable<FaultInjection['delay']>, request: RouteRequest, random: Random): number {
  if (fixedDelayMs !== undefined) return isSampled(percentage, random.next()) ? fixedDelayMs : 0
  const askedMs = wholeNumber(request.header('x-envoy-fault-delay-request'))
  if (askedMs === undefined) return 0
  const share = lowered(percentage, request.header('x-envoy-fault-delay-request-percentage'))
  return isSampled(share, random.next()) ? askedMs : 0
}

type Abort = NonNullable<FaultInjection['abort']>

function abortOf(abort: Abort, request: RouteRequest, random: Random): LocalReply | undefined {
  const byConfig = abort.httpStatus !== undefined || abort.grpcStatus !== undefined
  const { httpStatus, grpcStatus } = byConfig ? abort : askedStatus(request)
  if (httpStatus === undefined && grpcStatus === undefined) return undefined
  const share = byConfig ? abort.percentage : lowered(abort.percentage, request.header('x-envoy-fault-abort-request-percentage'))
  if (!isSampled(share, random.next())) return undefined
  const reply = { status: httpStatus ?? 200, body: 'fault filter abort', flags: flag.FI, details: 'fault_filter_abort' }
  return httpStatus === undefined && grpcStatus !== undefined ? { ...reply, grpcStatus } : reply
}

function askedStatus(request: RouteRequest): Pick<Abort, 'httpStatus' | 'grpcStatus'> {
  const http = wholeNumber(request.header('x-envoy-fault-abort-request'))
  if (http !== undefined && http >= 200 && http <= 599) return { httpStatus: http }
  const grpc = wholeNumber(request.header('x-envoy-fault-abort-grpc-request'))
  return grpc === undefined ? {} : { grpcStatus: grpc }
}

function lowered(percentage: FractionalPercent, asked: string | undefined): FractionalPercent {
  const numerator = wholeNumber(asked)
  return numerator === undefined ? percentage : { ...percentage, numerator: Math.min(numerator, percentage.numerator) }
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined
}
