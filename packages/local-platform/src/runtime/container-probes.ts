/** The probes of one running container: the startup probe alone first, then readiness and liveness (core/v1 Container). */
import type { Clock } from '@heddle/base'
import { type HandlerTarget, runHandler } from './handler.js'
import type { Container, Probe } from './pod.js'
import { type ProbeLoop, startProbeLoop } from './probe-loop.js'

export interface ProbeOutcomes {
  readonly onStarted: () => void
  readonly onReady: (isReady: boolean) => void
  /** The container is to be restarted. */
  readonly onFailed: (probe: 'startup' | 'liveness') => void
  readonly onUnhealthy: (message: string) => void
}

export interface ContainerProbes {
  stop(): void
}

/** @param isStarted the startup probe has succeeded already, as of a process that was adopted. */
export function startContainerProbes(
  container: Container,
  isStarted: boolean,
  target: HandlerTarget,
  outcomes: ProbeOutcomes,
  clock: Clock,
): ContainerProbes {
  const loops = new Set<ProbeLoop>()
  let isOver = false
  const start = (probe: Probe, kind: string, onSuccess: () => void, onFailure: () => void): ProbeLoop => {
    const loop = startProbeLoop({
      probe,
      check: (timeoutMs) => runHandler(probe, target, timeoutMs),
      onSuccess,
      onFailure,
      onUnhealthy: (reason) => outcomes.onUnhealthy(`${kind} probe failed: ${reason}`),
      clock,
    })
    loops.add(loop)
    return loop
  }
  const startSteady = (): void => {
    const { readinessProbe, livenessProbe } = container
    if (isOver) return
    if (readinessProbe)
      start(
        readinessProbe,
        'Readiness',
        () => outcomes.onReady(true),
        () => outcomes.onReady(false),
      )
    if (livenessProbe)
      start(
        livenessProbe,
        'Liveness',
        () => {},
        () => outcomes.onFailed('liveness'),
      )
  }
  const { startupProbe } = container
  if (startupProbe && !isStarted) {
    const onSuccess = (): void => {
      loop.stop()
      loops.delete(loop)
      outcomes.onStarted()
      startSteady()
    }
    const loop = start(startupProbe, 'Startup', onSuccess, () => outcomes.onFailed('startup'))
  } else startSteady()
  return {
    stop() {
      isOver = true
      for (const loop of loops) loop.stop()
      loops.clear()
    },
  }
}
