/**
 * Runs one probe of a container at its period and reports changes (core/v1 Probe, with Kubernetes' defaults). Until it
 * has succeeded once it also looks in between, so that a Pod is ready as soon as it can be; such early looks never count
 * as failures.
 */
import type { Clock, Timer } from '@heddle/base'
import type { HandlerResult } from './handler.js'
import type { Probe } from './pod.js'

export interface ProbeLoop {
  stop(): void
}

export interface ProbeLoopOptions {
  readonly probe: Probe
  readonly check: (timeoutMs: number) => Promise<HandlerResult>
  /** After `successThreshold` successes in a row. */
  readonly onSuccess: () => void
  /** After `failureThreshold` failures in a row, and again with each further one. */
  readonly onFailure: (reason: string) => void
  /** Every failure that counts, for the event. */
  readonly onUnhealthy: (reason: string) => void
  readonly clock: Clock
}

const firstEarlyLookMs = 50

export function startProbeLoop({ probe, check, onSuccess, onFailure, onUnhealthy, clock }: ProbeLoopOptions): ProbeLoop {
  const periodMs = (probe.periodSeconds ?? 10) * 1000
  const timeoutMs = (probe.timeoutSeconds ?? 1) * 1000
  const initialDelayMs = (probe.initialDelaySeconds ?? 0) * 1000
  const startedMs = clock.monotonicMs()
  let successes = 0
  let failures = 0
  let hasSucceeded = false
  let earlyLookMs = firstEarlyLookMs
  // A program that has just been started is not ill for not answering yet: the first look that counts is one period in.
  let nextCountedMs = startedMs + Math.max(initialDelayMs, periodMs)
  let stopped = false
  let timer: Timer

  const schedule = (): void => {
    if (stopped) return
    const untilCountedMs = Math.max(0, nextCountedMs - clock.monotonicMs())
    timer = clock.setTimer(hasSucceeded ? untilCountedMs : Math.min(untilCountedMs, earlyLookMs), () => void look())
    earlyLookMs = Math.min(earlyLookMs * 1.5, periodMs)
  }
  const look = async (): Promise<void> => {
    const isCounted = clock.monotonicMs() >= nextCountedMs
    const result = await check(timeoutMs)
    if (stopped) return
    if (isCounted) nextCountedMs = clock.monotonicMs() + periodMs
    if (result.ok) succeed()
    else if (isCounted) fail(result.reason)
    schedule()
  }
  const succeed = (): void => {
    hasSucceeded = true
    failures = 0
    if (++successes >= (probe.successThreshold ?? 1)) onSuccess()
  }
  const fail = (reason: string): void => {
    successes = 0
    failures++
    onUnhealthy(reason)
    if (failures >= (probe.failureThreshold ?? 3)) onFailure(reason)
  }

  timer = clock.setTimer(0, () => void look())
  return {
    stop() {
      stopped = true
      timer.cancel()
    },
  }
}
