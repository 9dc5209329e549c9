/** The authority as `heddle ca status` and `heddle ca rotate plan` show it: `/debug/ca` of 15014. No key and no token is in it. */
import type { Ca, CaMetrics, DeniedEntry, Forecast, RootStatus, RotationPlan } from '@heddle/ca'

export interface CaView {
  readonly trustDomain: string
  readonly bundle: { readonly fingerprint: string; readonly sequence: number; readonly rootsPem: string }
  /** Undefined for an authority below somebody else's root. */
  readonly rotation: { readonly roots: readonly RootStatus[]; readonly plan: RotationPlan; readonly forecast: Forecast } | undefined
  readonly denied: readonly DeniedEntry[]
  readonly metrics: CaMetrics
}

export function caViewOf(ca: Ca): CaView {
  const { fingerprint, sequence, rootsPem } = ca.bundle()
  const { rotation } = ca
  return {
    trustDomain: ca.trustDomain,
    bundle: { fingerprint, sequence, rootsPem },
    rotation: rotation && { roots: rotation.status(), plan: rotation.plan(), forecast: rotation.forecast() },
    denied: ca.denied.entries(),
    metrics: ca.metrics(),
  }
}
