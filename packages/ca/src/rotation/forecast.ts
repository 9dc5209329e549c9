/** When roots end, when their rotation should begin, and alarms long before anything stops: silent expiry is the classic outage of a mesh. */
import type { Authority } from '../authority/authority.js'
import { type CaState, type RootPhase, type StoredRoot, activeRootOf, rootIdOf } from '../authority/ca-state.js'

export interface RootForecast {
  readonly fingerprint: string
  readonly phase: RootPhase
  readonly notAfterMs: number
}

export interface ExpiryAlarm {
  /** `warning`: a rotation should be under way. `critical`: leaves are cut short already, or the root has ended. */
  readonly severity: 'warning' | 'critical'
  readonly message: string
}

export interface Forecast {
  readonly roots: readonly RootForecast[]
  /** When the active root's rotation should begin. */
  readonly rotationStartsMs: number
  readonly alarms: readonly ExpiryAlarm[]
}

const dayMs = 86_400_000
const longestLeadMs = 30 * dayMs

/** Half of a root's life, at most 30 days before its end, but never so late that leaves of the usual length are cut short. */
export function rotationStartMsOf({ authority, longestLeafSeconds }: StoredRoot): number {
  const { notBeforeMs, notAfterMs } = authority.certificate
  const wantedMs = Math.max(longestLeadMs, 2 * longestLeafSeconds * 1000)
  return notAfterMs - Math.min((notAfterMs - notBeforeMs) / 2, wantedMs)
}

export function forecastOf(state: CaState, nowMs: number): Forecast {
  const active = activeRootOf(state)
  const rotationStartsMs = rotationStartMsOf(active)
  const roots = state.roots.map((root) => ({
    fingerprint: rootIdOf(root),
    phase: root.phase,
    notAfterMs: root.authority.certificate.notAfterMs,
  }))
  return { roots, rotationStartsMs, alarms: alarmsOf(state, active, rotationStartsMs, nowMs) }
}

function alarmsOf(state: CaState, active: StoredRoot, rotationStartsMs: number, nowMs: number): readonly ExpiryAlarm[] {
  const { chainNotAfterMs } = active.authority
  const leftMs = chainNotAfterMs - nowMs
  const end = new Date(chainNotAfterMs).toISOString()
  if (leftMs <= 0) return [{ severity: 'critical', message: `the active root ended ${end}: nothing is issued until another is activated` }]
  if (leftMs < active.longestLeafSeconds * 1000) {
    return [{ severity: 'critical', message: `the active root ends ${end}, in ${inWords(leftMs)}: certificates are cut short` }]
  }
  if (nowMs < rotationStartsMs || state.roots.some((root) => root.phase === 'prepared')) return []
  return [{ severity: 'warning', message: `the active root ends ${end}, in ${inWords(leftMs)}: start a rotation` }]
}

/**
 * For an authority below somebody else's root, which nobody here can rotate: a third of its certificate's life before the end, at most
 * 30 days, the operator is told; from the usual length of leaves on they are cut short.
 */
export function chainAlarmsOf(
  { certificate, chainNotAfterMs }: Authority,
  usualLeafSeconds: number,
  nowMs: number,
): readonly ExpiryAlarm[] {
  const leftMs = chainNotAfterMs - nowMs
  const end = new Date(chainNotAfterMs).toISOString()
  const hint = 'put another authority in its place'
  if (leftMs <= 0) return [{ severity: 'critical', message: `the plugged-in authority ended ${end}: nothing is issued, ${hint}` }]
  const lifeMs = chainNotAfterMs - certificate.notBeforeMs
  if (leftMs < Math.min(usualLeafSeconds * 1000, lifeMs / 3))
    return [
      { severity: 'critical', message: `the plugged-in authority ends ${end}, in ${inWords(leftMs)}: certificates are cut short, ${hint}` },
    ]
  if (leftMs >= Math.min(longestLeadMs, lifeMs / 3)) return []
  return [{ severity: 'warning', message: `the plugged-in authority ends ${end}, in ${inWords(leftMs)}: ${hint}` }]
}

function inWords(ms: number): string {
  return ms >= 2 * dayMs ? `${Math.floor(ms / dayMs)} days` : `${Math.max(1, Math.floor(ms / 3_600_000))} h`
}
