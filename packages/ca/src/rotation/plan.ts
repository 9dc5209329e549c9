/**
 * Where a rotation stands and what its next step waits for. With an observer, steps wait for the acknowledgement of every connected
 * workload; without one, for the time in which every workload has renewed and so has got the bundle with its new certificate.
 */
import { type CaState, type StoredRoot, activeRootOf, leavesEndMs, rootIdOf } from '../authority/ca-state.js'
import { bundleFingerprintOf } from '../bundle/bundle-fingerprint.js'

/** What a workload is known to trust. */
export interface WorkloadTrust {
  /** Such as the proxy's id. */
  readonly id: string
  readonly spiffeId?: string
  /**
   * `CaBundle.fingerprint` of the bundle that the workload said it uses. It says so only when it trusts every root of it and holds
   * no leaf under a tainted one. Undefined: it has said nothing yet.
   */
  readonly bundleFingerprint: string | undefined
}

/** Undefined while it cannot tell, such as right after a start, when nobody has come back yet. */
export type WorkloadObserver = () => readonly WorkloadTrust[] | undefined

export type RotationStep = 'prepare' | 'activate' | 'taint' | 'revoke'

export interface PlannedStep {
  readonly step: RotationStep
  /** The root that it is about; absent for `prepare`. */
  readonly fingerprint?: string
  /** Whether nobody would be hurt by it now. */
  readonly isReady: boolean
  /** Whether the workloads' word decides, of those connected here and to other replicas. */
  readonly asksWorkloads?: boolean
  /** What it waits for, in words; empty when it is ready. */
  readonly waitsFor: string
  /** When it is ready at the latest, in milliseconds since the Unix epoch, where time alone brings it. */
  readonly readyAtMs?: number
}

export interface RotationPlan {
  /** Whether the authority takes the steps by itself. */
  readonly isRunning: boolean
  readonly bundleFingerprint: string
  /** `prepare` when no rotation is under way. */
  readonly next: PlannedStep
  /** Connected workloads that have not acknowledged the bundle as it is now. */
  readonly lacking: readonly WorkloadTrust[]
  /** How many workloads are observed; undefined when nobody observes them. */
  readonly observed: number | undefined
  /** Workloads of other replicas that are not ready for the next step, as those say; undefined when none holds it. */
  readonly lackingElsewhere: number | undefined
}

/** @param elsewhere of other replicas; undefined when none holds the next step */
export function planOf(
  state: CaState,
  workloads: readonly WorkloadTrust[] | undefined,
  elsewhere: number | undefined,
  nowMs: number,
): RotationPlan {
  const bundleFingerprint = bundleFingerprintOf(state.roots)
  const lacking = workloads?.filter((workload) => workload.bundleFingerprint !== bundleFingerprint) ?? []
  return {
    isRunning: state.rotation !== undefined,
    bundleFingerprint,
    next: nextStep(state, workloads && { here: lacking, elsewhere }, nowMs),
    lacking,
    observed: workloads?.length,
    lackingElsewhere: elsewhere,
  }
}

interface Lacking {
  readonly here: readonly WorkloadTrust[]
  readonly elsewhere: number | undefined
}

/** @param lacking undefined when nobody observes the workloads. */
function nextStep(state: CaState, lacking: Lacking | undefined, nowMs: number): PlannedStep {
  const prepared = state.roots.find((root) => root.phase === 'prepared')
  if (prepared) return planActivation(prepared, activeRootOf(state), lacking, nowMs)
  const retiring = state.roots.find((root) => root.phase === 'retiring')
  // Without an observer nobody hears of a taint before it renews anyway.
  if (retiring && lacking) return { step: 'taint', fingerprint: rootIdOf(retiring), isReady: true, waitsFor: '' }
  const leaving = retiring ?? state.roots.find((root) => root.phase === 'tainted')
  return leaving ? planRevocation(leaving, state, lacking, nowMs) : { step: 'prepare', isReady: true, waitsFor: '' }
}

function planActivation(prepared: StoredRoot, active: StoredRoot, lacking: Lacking | undefined, nowMs: number): PlannedStep {
  const common = { step: 'activate', fingerprint: rootIdOf(prepared), asksWorkloads: true } as const
  if (lacking) {
    const waitsFor = namesOf(lacking, 'trust the new root')
    return { ...common, isReady: waitsFor === '', waitsFor }
  }
  // Workloads renew at half of their certificates' life and get the bundle then; a tenth more for those that come late.
  const readyAtMs = prepared.sinceMs + active.longestLeafSeconds * 600
  if (nowMs >= readyAtMs) return { ...common, isReady: true, waitsFor: '' }
  return { ...common, isReady: false, waitsFor: `every workload's renewal, until ${new Date(readyAtMs).toISOString()}`, readyAtMs }
}

function planRevocation(leaving: StoredRoot, { rotation }: CaState, lacking: Lacking | undefined, nowMs: number): PlannedStep {
  const asksWorkloads = rotation?.revokeWhen === 'acknowledged'
  const common = { step: 'revoke', fingerprint: rootIdOf(leaving), asksWorkloads } as const
  const endMs = leavesEndMs(leaving)
  if (nowMs >= endMs) return { ...common, isReady: true, waitsFor: '' }
  if (lacking && asksWorkloads) {
    const waitsFor = namesOf(lacking, 'renew')
    return waitsFor === '' ? { ...common, isReady: true, waitsFor } : { ...common, isReady: false, waitsFor, readyAtMs: endMs }
  }
  return { ...common, isReady: false, waitsFor: `the end of the last leaf under it, ${new Date(endMs).toISOString()}`, readyAtMs: endMs }
}

const maxNamed = 5

/** Empty when nobody is lacking. */
function namesOf({ here, elsewhere }: Lacking, what: string): string {
  const names = here.slice(0, maxNamed).map(({ id }) => id)
  const more = here.length > maxNamed ? ` and ${here.length - maxNamed} more` : ''
  const own = here.length === 0 ? [] : [`${countOf(here.length)} to ${what}: ${names.join(', ')}${more}`]
  if (elsewhere === undefined) return own.join()
  const others = elsewhere === 0 ? 'workloads' : countOf(elsewhere)
  return [...own, `${others} of other replicas to ${what}`].join('; ')
}

function countOf(workloads: number): string {
  return workloads === 1 ? 'a workload' : `${workloads} workloads`
}
