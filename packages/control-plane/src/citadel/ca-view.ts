/** The authority as `heddle ca status` and `heddle ca rotate plan` show it: `/debug/ca` of 15014. No key and no token is in it. */
import {
  type Ca,
  type CaMetrics,
  type DeniedEntry,
  encodeSpiffeBundle,
  type ExpiryAlarm,
  type Forecast,
  type HandoverStatus,
  type RootStatus,
  type RotationPlan,
} from '@heddle/ca'

export interface CaView {
  readonly trustDomain: string
  /** `spiffe` is the same in SPIFFE's form, a JSON Web Key Set. */
  readonly bundle: { readonly fingerprint: string; readonly sequence: number; readonly rootsPem: string; readonly spiffe: string }
  /** Other trust domains whose names are believed. */
  readonly federated: readonly FederatedView[]
  /** Undefined for an authority below somebody else's root. */
  readonly rotation: { readonly roots: readonly RootStatus[]; readonly plan: RotationPlan; readonly forecast: Forecast } | undefined
  /** How workloads go over to an authority that was plugged in; undefined when none does. */
  readonly handover: HandoverStatus | undefined
  readonly denied: readonly DeniedEntry[]
  /** What ends soon unless somebody acts. */
  readonly alarms: readonly ExpiryAlarm[]
  readonly metrics: CaMetrics
}

export interface FederatedView {
  readonly trustDomain: string
  /** Where its bundle comes from; absent for one that was given. */
  readonly url?: string
  /** The bundle in use, a JSON Web Key Set; absent while there is none. */
  readonly spiffe?: string
  /** Why the last look failed. */
  readonly failure?: string
}

/** How often those who trust this mesh should look for its roots. */
export const refreshHintSeconds = 300

export function caViewOf(ca: Ca, federated: readonly FederatedView[] = []): CaView {
  const bundle = ca.bundle()
  const { fingerprint, sequence, rootsPem } = bundle
  const { rotation } = ca
  return {
    trustDomain: ca.trustDomain,
    federated,
    bundle: { fingerprint, sequence, rootsPem, spiffe: encodeSpiffeBundle(bundle, refreshHintSeconds) },
    rotation: rotation && { roots: rotation.status(), plan: rotation.plan(), forecast: rotation.forecast() },
    handover: ca.handover?.status(),
    denied: ca.denied.entries(),
    alarms: ca.alarms(),
    metrics: ca.metrics(),
  }
}
