/**
 * Changing the root without a moment in which anybody distrusts anybody:
 *
 *   prepare()            activate()               remove()
 *   (none) -> prepared ------------> active -> retiring -----------> (gone)
 *             published, does not    signs     published until its
 *             sign yet                         last leaf has ended
 *
 * Each step is saved before it is announced. When to take the next step is the caller's decision: a control plane activates after
 * its proxies acknowledged the bundle with the prepared root.
 */
import { createHash } from 'node:crypto'
import type { Clock, Random } from '@heddle/base'
import { createRoot } from '../authority/authority.js'
import type { CaState, RootPhase, StoredRoot } from '../authority/ca-state.js'
import { caError } from '../ca-error.js'

export interface RootStatus {
  /** SHA-256 of the root's DER, lower-case hexadecimal. */
  readonly fingerprint: string
  readonly phase: RootPhase
  readonly sinceMs: number
  readonly notAfterMs: number
}

export interface Rotation {
  /** In the order of the bundle. */
  status(): readonly RootStatus[]
  /** Makes the next root and publishes it beside the active one. */
  prepare(): Promise<RootStatus>
  /** Signs with the prepared root from now on; the former one retires. */
  activate(): Promise<RootStatus>
  /**
   * Takes a prepared or retiring root out of the bundle.
   * @param unsafeForce also while leaves under it may live: workloads that hold one lose their connections.
   */
  remove(fingerprint: string, unsafeForce?: boolean): Promise<void>
}

export interface RotationOptions {
  readonly rootTtlSeconds: number
  /** A retired root is needed for as long as the longest leaf that it may have signed. */
  readonly maxLeafTtlSeconds: number
}

/** Where the authority keeps its state; `replace` saves, then announces. */
export interface StateHolder {
  current(): CaState
  replace(change: (state: CaState) => CaState): Promise<void>
}

/** @throws HeddleError `HEDDLE_CA_ROTATION_REFUSED` from its methods when a step is out of order. */
export function createRotation(
  options: RotationOptions,
  holder: StateHolder,
  deps: { readonly clock: Clock; readonly random: Random },
): Rotation {
  const statusOf = (phase: RootPhase): RootStatus => toStatus(holder.current().roots.find((root) => root.phase === phase) as StoredRoot)
  return {
    status: () => holder.current().roots.map(toStatus),
    async prepare() {
      const nowMs = deps.clock.now()
      await holder.replace((state) => {
        if (state.roots.some((root) => root.phase === 'prepared')) throw refused('a root is already prepared; activate or remove it first')
        const authority = createRoot({ trustDomain: state.trustDomain, ttlSeconds: options.rootTtlSeconds, nowMs }, deps.random)
        return { ...state, roots: [...state.roots, { phase: 'prepared', sinceMs: nowMs, authority }] }
      })
      return statusOf('prepared')
    },
    async activate() {
      await holder.replace((state) => activatePrepared(state, deps.clock.now()))
      return statusOf('active')
    },
    async remove(fingerprint, unsafeForce = false) {
      await holder.replace((state) => removeRoot(state, fingerprint, unsafeForce, deps.clock.now() - options.maxLeafTtlSeconds * 1000))
    },
  }
}

function activatePrepared(state: CaState, nowMs: number): CaState {
  if (!state.roots.some((root) => root.phase === 'prepared')) throw refused('no root is prepared')
  const next = (root: StoredRoot): StoredRoot => {
    if (root.phase === 'prepared') return { ...root, phase: 'active', sinceMs: nowMs }
    return root.phase === 'active' ? { ...root, phase: 'retiring', sinceMs: nowMs } : root
  }
  return { ...state, roots: state.roots.map(next) }
}

function removeRoot(state: CaState, fingerprint: string, unsafeForce: boolean, retiredBeforeMs: number): CaState {
  const root = state.roots.find((candidate) => fingerprintOf(candidate) === fingerprint)
  if (!root) throw refused(`no root has the fingerprint ${fingerprint}`)
  if (root.phase === 'active') throw refused('the active root signs; activate another one first')
  if (root.phase === 'retiring' && root.sinceMs > retiredBeforeMs && !unsafeForce)
    throw refused('leaves signed by this root may still be in use')
  return { ...state, roots: state.roots.filter((candidate) => candidate !== root) }
}

function toStatus(root: StoredRoot): RootStatus {
  return { fingerprint: fingerprintOf(root), phase: root.phase, sinceMs: root.sinceMs, notAfterMs: root.authority.certificate.notAfterMs }
}

function fingerprintOf(root: StoredRoot): string {
  return createHash('sha256').update(root.authority.certificate.der).digest('hex')
}

function refused(reason: string): Error {
  return caError('HEDDLE_CA_ROTATION_REFUSED', `the root rotation cannot take this step: ${reason}`, { origin: 'user' })
}
