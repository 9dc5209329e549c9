/** What the authority must not forget: its roots with their keys and phases, who is denied, and how far a rotation has come. */
import type { KeyObject } from 'node:crypto'
import { type Authority, type RootOptions, createRoot } from './authority.js'
import type { Random } from '@heddle/base'
import type { JwtKeyRing } from '../jwt/jwt-key-ring.js'

/** prepared (published, not signing) -> active (signing) -> retiring (published) -> tainted (published; its leaves are renewed at once) */
export type RootPhase = 'prepared' | 'active' | 'retiring' | 'tainted'

export interface StoredRoot {
  readonly phase: RootPhase
  /** When the phase began, in milliseconds since the Unix epoch. */
  readonly sinceMs: number
  /** When it signed last, for roots that have signed; milliseconds since the Unix epoch. */
  readonly signedUntilMs?: number
  /** The longest life of a leaf that this root may have signed: saved before the first leaf of that length. */
  readonly longestLeafSeconds: number
  readonly authority: Authority
  readonly key: KeyObject
}

/** Somebody who is not believed any more. */
export interface DeniedEntry {
  readonly kind: 'spiffe-id' | 'serial'
  /** The id, or the serial number as in certificates: lower-case hexadecimal. */
  readonly value: string
  readonly sinceMs: number
  /** When the entry goes by itself; absent stays until it is removed. */
  readonly untilMs?: number
  readonly reason?: string
  /** Who asked, in their own words: nobody has proved it. */
  readonly claimedActor?: string
}

/** A rotation that the authority drives by itself; see rotation/rotation-driver. */
export interface RotationIntent {
  readonly startedAtMs: number
  readonly revokeWhen: RevokeWhen
  readonly claimedActor?: string
}

/** `leaves-ended`: after the last leaf of the old root has ended. `acknowledged`: as soon as every connected workload said that it needs it no more. */
export type RevokeWhen = 'leaves-ended' | 'acknowledged'

/** A replica that shares the store has workloads that are not ready for the next step; see rotation/step-holds. */
export interface StepHold {
  /** Drawn at random by each process. */
  readonly replica: string
  /** Grows while the replica holds the step. */
  readonly renewals: number
  /** How many are not ready; 0 when it does not know its workloads yet. */
  readonly workloads: number
}

/** Of the authority that signed before somebody's own was plugged in; see handover/handover. */
export interface FormerRoots {
  /** Those that are not among the new ones; empty when all stay, and the one that signs is new. */
  readonly rootsPem: string
  readonly phase: 'waiting' | 'renewing'
  /** When the phase began, in milliseconds since the Unix epoch. */
  readonly sinceMs: number
}

export interface CaState {
  readonly trustDomain: string
  /** Grows with each change of the published roots. */
  readonly sequence: number
  /** Exactly one is active; none at all below somebody else's root. */
  readonly roots: readonly StoredRoot[]
  /** Sign JWT-SVIDs. */
  readonly jwtKeys: JwtKeyRing
  readonly denied: readonly DeniedEntry[]
  /** Of the last revocation list. */
  readonly crlNumber: number
  readonly rotation?: RotationIntent
  /** Below somebody else's root: the roots of the authority that is plugged in, in PEM. */
  readonly published?: string
  readonly former?: FormerRoots
  readonly holds?: readonly StepHold[]
}

export function createStoredRoot(phase: RootPhase, options: RootOptions, longestLeafSeconds: number, random: Random): StoredRoot {
  return { phase, sinceMs: options.nowMs, longestLeafSeconds, ...createRoot(options, random) }
}

export function activeRootOf(state: CaState): StoredRoot {
  return state.roots.find((root) => root.phase === 'active') as StoredRoot
}

export function rootIdOf(root: StoredRoot): string {
  return root.authority.fingerprint
}

/** When the last leaf of a root that signs no more has ended, at the latest. */
export function leavesEndMs({ signedUntilMs, longestLeafSeconds, authority }: StoredRoot): number {
  if (signedUntilMs === undefined) return 0
  return Math.min(authority.certificate.notAfterMs, signedUntilMs + longestLeafSeconds * 1000)
}
