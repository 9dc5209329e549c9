/** The authority as `heddle ca status` and `heddle ca rotate plan` show it: `/debug/ca` of 15014. No key and no token is in it. */
import {
  type Ca,
  type CaMetrics,
  type DeniedEntry,
  encodeSpiffeBundle,
  type Forecast,
  type RootStatus,
  type RotationPlan,
} from '@heddle/ca'

export interface CaView {
  readonly trustDomain: string
  /** `spiffe` is the same in SPIFFE's form, a JSON Web Key Set. */
  readonly bundle: { readonly fingerprint: string; readonly sequence: number; readonly rootsPem: string; readonly spiffe: string }
  /** Undefined for an authority below somebody else's root. */
  readonly rotation: { readonly roots: readonly RootStatus[]; readonly plan: RotationPlan; readonly forecast: Forecast } | undefined
  readonly denied: readonly DeniedEntry[]
  readonly metrics: CaMetrics
}

/** How often those who trust this mesh should look for its roots. */
const refreshHintSeconds = 300

export function caViewOf(ca: Ca): CaView {
  const bundle = ca.bundle()
  const { fingerprint, sequence, rootsPem } = bundle
  const { rotation } = ca
  return {
    trustDomain: ca.trustDomain,
    bundle: { fingerprint, sequence, rootsPem, spiffe: encodeSpiffeBundle(bundle, refreshHintSeconds) },
    rotation: rotation && { roots: rotation.status(), plan: rotation.plan(), forecast: rotation.forecast() },
    denied: ca.denied.entries(),
    metrics: ca.metrics(),
  }
}
