/**
 * Changing the root without a moment in which anybody distrusts anybody:
 *
 *   prepare()            activate()               taint()                      revoke()
 *   (none) -> prepared ------------> active -> retiring -> tainted --------------------> (gone)
 *             published, does not    signs     published   published; whoever holds a leaf
 *             sign yet                                     under it renews at once
 *
 * Every root has a key of its own. Each step is saved before it is announced. `abort()` takes a prepared root back, `rollback()`
 * signs with the former root again while it is still trusted. Steps taken by hand obey the order; whether it is time for one is
 * what `plan()` says, from the workloads' acknowledgements where somebody observes them and from the clock where nobody does;
 * `start()` lets the authority take each step when it is ready.
 */
import type { Clock, Random } from '@heddle/base'
import type { KeyAlgorithm } from '@heddle/x509'
import {
  type CaState,
  type RevokeWhen,
  type RootPhase,
  type StoredRoot,
  activeRootOf,
  createStoredRoot,
  leavesEndMs,
  rootIdOf,
} from '../authority/ca-state.js'
import { withNewestSigning, withNewKey, withoutFormerKeys } from '../jwt/jwt-key-ring.js'
import type { StateKeeper } from '../authority/state-keeper.js'
import { type Forecast, forecastOf } from './forecast.js'
import { type RotationPlan, type WorkloadObserver, planOf } from './plan.js'
import { type StepHolds, createStepHolds } from './step-holds.js'
import { rotationRefused } from './rotation-refused.js'

export interface RootStatus {
  /** SHA-256 of the root's DER, lower-case hexadecimal. */
  readonly fingerprint: string
  readonly phase: RootPhase
  readonly sinceMs: number
  readonly notAfterMs: number
  /** When the last leaf that it signed has ended, at the latest; absent while it signs or before it did. */
  readonly leavesEndMs?: number
}

export interface StartOptions {
  /** When the old root may go. Default: `leaves-ended`. */
  readonly revokeWhen?: RevokeWhen
  /** Who asked, in their own words, for the records: nobody has proved it. */
  readonly claimedActor?: string
}

export interface Rotation {
  /** In the order of the bundle. */
  status(): readonly RootStatus[]
  /** The next step, whether it may be taken, and who still lacks what it needs. */
  plan(): RotationPlan
  /** When roots end, when their rotation begins, and what is alarming about that. */
  forecast(): Forecast
  /** Tells where the workloads stand, or undefined while that is not known: asked for each plan. Returns what ends it. */
  observe(workloads: WorkloadObserver): () => void
  /** Makes the next root and publishes it beside the active one. */
  prepare(): Promise<RootStatus>
  /** Signs with the prepared root from now on; the former one retires. */
  activate(): Promise<RootStatus>
  /** Asks everybody who holds a leaf under a retiring root to renew it now. */
  taint(fingerprint?: string): Promise<void>
  /**
   * Takes a root that signs no more out of the bundle.
   * @param unsafeForce also while leaves under it may live: workloads that hold one lose their connections.
   */
  revoke(fingerprint: string, unsafeForce?: boolean): Promise<void>
  /** Rotates the root step by step, each when `plan()` says that it is ready; goes on after a restart. */
  start(options?: StartOptions): Promise<void>
  /** Stops a rotation: takes a prepared root back, or signs with the former root again. */
  abort(): Promise<void>
  /** Signs with the former root again; the newer one retires. */
  rollback(): Promise<RootStatus>
}

/** What its driver asks besides. */
export interface DrivenRotation extends Rotation {
  /** Holds the next step for other replicas while workloads of this one are not ready for it, or lets go of it. */
  holdStep(): Promise<void>
}

export interface RotationOptions {
  readonly rootTtlSeconds: number
  readonly rootKeyAlgorithm: KeyAlgorithm
  readonly defaultTtlSeconds: number
}

/** @throws HeddleError `HEDDLE_CA_ROTATION_REFUSED` from its methods when a step is out of order. */
export function createRotation(
  options: RotationOptions,
  keeper: StateKeeper,
  deps: { readonly clock: Clock; readonly random: Random },
): DrivenRotation {
  return new RootRotation(options, keeper, deps)
}

class RootRotation implements DrivenRotation {
  readonly #options: RotationOptions
  readonly #keeper: StateKeeper
  readonly #clock: Clock
  readonly #random: Random
  readonly #holds: StepHolds
  #workloads: WorkloadObserver | undefined

  constructor(options: RotationOptions, keeper: StateKeeper, deps: { readonly clock: Clock; readonly random: Random }) {
    this.#options = options
    this.#keeper = keeper
    this.#clock = deps.clock
    this.#random = deps.random
    this.#holds = createStepHolds(keeper, deps)
  }

  status(): readonly RootStatus[] {
    return this.#keeper.current().roots.map(toStatus)
  }

  plan(): RotationPlan {
    return planOf(this.#keeper.current(), this.#workloads?.(), this.#holds.elsewhere(), this.#clock.now())
  }

  holdStep(): Promise<void> {
    const { isRunning, next, lacking, observed } = this.plan()
    if (!isRunning || !next.asksWorkloads || !this.#workloads) return this.#holds.hold(undefined)
    if (observed === undefined) return this.#holds.hold(0)
    return this.#holds.hold(lacking.length === 0 ? undefined : lacking.length)
  }

  forecast(): Forecast {
    return forecastOf(this.#keeper.current(), this.#clock.now())
  }

  observe(workloads: WorkloadObserver): () => void {
    this.#workloads = workloads
    return () => {
      if (this.#workloads === workloads) this.#workloads = undefined
    }
  }

  async prepare(): Promise<RootStatus> {
    await this.#keeper.replace((state) => this.#withPrepared(state))
    return this.#statusOf('prepared')
  }

  async activate(): Promise<RootStatus> {
    await this.#keeper.replace((state) => activatePrepared(state, this.#clock.now()))
    return this.#statusOf('active')
  }

  async taint(fingerprint?: string): Promise<void> {
    await this.#keeper.replace((state) => taintRetiring(state, fingerprint, this.#clock.now()))
  }

  async revoke(fingerprint: string, unsafeForce: boolean = false): Promise<void> {
    await this.#keeper.replace((state) => revokeRoot(state, fingerprint, unsafeForce, this.#clock.now()))
  }

  async start({ revokeWhen = 'leaves-ended', claimedActor }: StartOptions = {}): Promise<void> {
    const startedAtMs = this.#clock.now()
    await this.#keeper.replace((state) => {
      if (state.rotation) throw rotationRefused('one is under way; see its plan, or abort it')
      const prepared = state.roots.some((root) => root.phase === 'prepared') ? state : this.#withPrepared(state)
      return { ...prepared, rotation: { startedAtMs, revokeWhen, ...(claimedActor !== undefined && { claimedActor }) } }
    })
  }

  async abort(): Promise<void> {
    await this.#keeper.replace((state) => abortRotation(state, this.#clock.now()))
  }

  async rollback(): Promise<RootStatus> {
    await this.#keeper.replace((state) => rollBack(state, this.#clock.now()))
    return this.#statusOf('active')
  }

  #withPrepared(state: CaState): CaState {
    if (state.roots.some((root) => root.phase === 'prepared'))
      throw rotationRefused('a root is already prepared; activate or revoke it first')
    const { rootTtlSeconds: ttlSeconds, rootKeyAlgorithm: keyAlgorithm, defaultTtlSeconds } = this.#options
    const root = { trustDomain: state.trustDomain, ttlSeconds, nowMs: this.#clock.now(), keyAlgorithm }
    // Whoever replaces the root distrusts what the old one was kept with: tokens get another key as well.
    const jwtKeys = withNewKey(state.jwtKeys, this.#clock.now(), this.#random)
    return { ...withRoots(state, [...state.roots, createStoredRoot('prepared', root, defaultTtlSeconds, this.#random)]), jwtKeys }
  }

  #statusOf(phase: RootPhase): RootStatus {
    return toStatus(this.#keeper.current().roots.find((root) => root.phase === phase) as StoredRoot)
  }
}

function activatePrepared(state: CaState, nowMs: number): CaState {
  if (!state.roots.some((root) => root.phase === 'prepared')) throw rotationRefused('no root is prepared')
  const signing = { ...state, jwtKeys: withNewestSigning(state.jwtKeys, nowMs) }
  return withRoots(
    signing,
    state.roots.map((root) => {
      if (root.phase === 'prepared') return { ...root, phase: 'active', sinceMs: nowMs }
      return root.phase === 'active' ? { ...root, phase: 'retiring', sinceMs: nowMs, signedUntilMs: nowMs } : root
    }),
  )
}

function taintRetiring(state: CaState, fingerprint: string | undefined, nowMs: number): CaState {
  const found = state.roots.filter((root) => (fingerprint === undefined ? root.phase === 'retiring' : rootIdOf(root) === fingerprint))
  if (found.length === 0)
    throw rotationRefused(fingerprint === undefined ? 'no root is retiring' : `no root has the fingerprint ${fingerprint}`)
  if (found.some((root) => root.phase === 'active' || root.phase === 'prepared'))
    throw rotationRefused('only a root that signs no more can be tainted; activate another one first')
  return withRoots(
    state,
    state.roots.map((root) => (found.includes(root) ? { ...root, phase: 'tainted', sinceMs: nowMs } : root)),
  )
}

function revokeRoot(state: CaState, fingerprint: string, unsafeForce: boolean, nowMs: number): CaState {
  const root = state.roots.find((candidate) => rootIdOf(candidate) === fingerprint)
  if (!root) throw rotationRefused(`no root has the fingerprint ${fingerprint}`)
  if (root.phase === 'active') throw rotationRefused('the active root signs; activate another one first')
  const endMs = leavesEndMs(root)
  if (nowMs < endMs && !unsafeForce)
    throw rotationRefused(`leaves signed by this root may still be in use, until ${new Date(endMs).toISOString()}`)
  const left = {
    ...withRoots(
      state,
      state.roots.filter((candidate) => candidate !== root),
    ),
    // Keys for tokens that sign no more were kept with the root that goes, and go with it.
    jwtKeys: root.phase === 'prepared' ? state.jwtKeys : withoutFormerKeys(state.jwtKeys, nowMs),
  }
  const isOver = left.roots.length === 1 || root.phase === 'prepared'
  return isOver ? withoutIntent(left) : left
}

function abortRotation(state: CaState, nowMs: number): CaState {
  const prepared = state.roots.find((root) => root.phase === 'prepared')
  if (prepared) {
    const roots = state.roots.filter((root) => root !== prepared)
    return withoutIntent(withRoots(state, roots))
  }
  if (state.roots.some((root) => root.phase === 'retiring')) return rollBack(state, nowMs)
  if (!state.rotation) throw rotationRefused('none is under way')
  throw rotationRefused('the former root is tainted already: finish the rotation, or start another')
}

/** The newest of the roots that signed before; what retires instead stays trusted for the leaves that it signed meanwhile. */
function rollBack(state: CaState, nowMs: number): CaState {
  const former = state.roots.filter((root) => root.phase === 'retiring').sort((left, right) => right.sinceMs - left.sinceMs)[0]
  if (!former) throw rotationRefused('no former root is still trusted without reserve')
  if (nowMs >= former.authority.certificate.notAfterMs) throw rotationRefused('the former root has expired')
  const active = activeRootOf(state)
  const roots = state.roots.map((root): StoredRoot => {
    if (root === active) return { ...root, phase: 'retiring', sinceMs: nowMs, signedUntilMs: nowMs }
    return root === former ? { ...root, phase: 'active', sinceMs: nowMs } : root
  })
  return withoutIntent(withRoots(state, roots))
}

function withRoots(state: CaState, roots: readonly StoredRoot[]): CaState {
  return { ...state, roots, sequence: state.sequence + 1 }
}

function withoutIntent({ rotation: _ended, ...state }: CaState): CaState {
  return state
}

function toStatus(root: StoredRoot): RootStatus {
  const endMs = leavesEndMs(root)
  const isOver = root.phase !== 'active' && endMs > 0
  return {
    fingerprint: rootIdOf(root),
    phase: root.phase,
    sinceMs: root.sinceMs,
    notAfterMs: root.authority.certificate.notAfterMs,
    ...(isOver && { leavesEndMs: endMs }),
  }
}
