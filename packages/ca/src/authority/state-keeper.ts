/**
 * Holds the authority's state: read once at the start, saved before every change becomes visible, one change at a time. When
 * another replica was quicker, its state is adopted and the change is refused: two replicas never rotate apart.
 */
import type { Clock, Logger, Random } from '@heddle/base'
import { isHeddleError } from '@heddle/base'
import type { KeyAlgorithm } from '@heddle/x509'
import { type CaErrorCode, caError, stateCorrupt } from '../ca-error.js'
import { firstRing, turnedRing } from '../jwt/jwt-key-ring.js'
import type { CaStore } from '../store/ca-store.js'
import { type CaState, activeRootOf, createStoredRoot } from './ca-state.js'
import { decodeState, encodeState } from './state-format.js'

export interface StateKeeperOptions {
  readonly trustDomain: string
  readonly rootTtlSeconds: number
  readonly rootKeyAlgorithm: KeyAlgorithm
  readonly defaultTtlSeconds: number
  readonly store: CaStore
  /** Below somebody else's root the state has none. */
  readonly hasRoots: boolean
}

/** Where the authority keeps its state. */
export interface StateKeeper {
  /** Whether replicas may save, too. */
  readonly isShared: boolean
  current(): CaState
  /** Saves, then announces. @throws what the change and the store throw; then nothing has changed */
  replace(change: (state: CaState) => CaState): Promise<void>
  /** Adopts what another replica saved. */
  refresh(): Promise<void>
  /** Publishes another key for tokens when it is time, and takes old ones out. */
  turnJwtKeys(): Promise<void>
  onChange(listener: () => void): void
  close(): Promise<void>
}

interface Deps {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

export async function openState(options: StateKeeperOptions, deps: Deps): Promise<StateKeeper> {
  const { store } = options
  const saved = await store.open()
  try {
    return new SavedState(saved ? await readSaved(saved, options, deps) : await makeFirst(options, deps), options, deps)
  } catch (error) {
    await store.close()
    throw error
  }
}

async function readSaved(saved: Uint8Array, options: StateKeeperOptions, { clock, logger, random }: Deps): Promise<CaState> {
  const { state, isOlder } = decodeState(saved, options, random)
  if (isOlder) await options.store.save(encodeState(state))
  if (options.hasRoots && clock.now() >= activeRootOf(state).authority.chainNotAfterMs) {
    // Not fatal: rotation is the way out, and it needs an authority that runs.
    logger.error('the root has expired: nothing is issued until another root is activated', { trustDomain: options.trustDomain })
  }
  return state
}

/** The root is saved before anything is signed with it. When another replica made its root first, that one is the root. */
async function makeFirst(options: StateKeeperOptions, { clock, random, logger }: Deps): Promise<CaState> {
  const { trustDomain, rootTtlSeconds, rootKeyAlgorithm, defaultTtlSeconds, store, hasRoots } = options
  const rootOptions = { trustDomain, ttlSeconds: rootTtlSeconds, nowMs: clock.now(), keyAlgorithm: rootKeyAlgorithm }
  const roots = hasRoots ? [createStoredRoot('active', rootOptions, defaultTtlSeconds, random)] : []
  const jwtKeys = firstRing(clock.now(), random)
  const state: CaState = { trustDomain, sequence: 1, roots, jwtKeys, denied: [], crlNumber: 0 }
  try {
    await store.save(encodeState(state))
  } catch (error) {
    const quicker = isConflict(error) ? await store.reload?.() : undefined
    if (!quicker) throw error
    return decodeState(quicker, options, random).state
  }
  for (const { authority } of roots) logger.info('made a new root', { trustDomain, notAfterMs: authority.chainNotAfterMs })
  return state
}

class SavedState implements StateKeeper {
  readonly #store: CaStore
  readonly #options: StateKeeperOptions
  readonly #clock: Clock
  readonly #random: Random
  readonly #logger: Logger
  readonly #listeners = new Set<() => void>()
  #state: CaState
  /** What was read last, as it was stored: looking again costs little while nobody has saved. */
  #read: Uint8Array | undefined
  #isClosed = false
  #tail: Promise<unknown> = Promise.resolve()

  constructor(initial: CaState, options: StateKeeperOptions, { random, logger, clock }: Deps) {
    this.#state = initial
    this.#store = options.store
    this.#options = options
    this.#clock = clock
    this.#random = random
    this.#logger = logger
  }

  get isShared(): boolean {
    return this.#store.reload !== undefined
  }

  current(): CaState {
    return this.#state
  }

  onChange(listener: () => void): void {
    this.#listeners.add(listener)
  }

  replace(change: (state: CaState) => CaState): Promise<void> {
    return this.#afterPrevious(() => this.#save(change))
  }

  refresh(): Promise<void> {
    return this.#store.reload ? this.#afterPrevious(() => this.#adopt()) : Promise.resolve()
  }

  async turnJwtKeys(): Promise<void> {
    const turn = (state: CaState): CaState => {
      const jwtKeys = turnedRing(state.jwtKeys, this.#clock.now(), this.#random)
      return jwtKeys === state.jwtKeys ? state : { ...state, jwtKeys, sequence: state.sequence + 1 }
    }
    if (turn(this.#state) !== this.#state) await this.replace(turn)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#tail
    await this.#store.close()
  }

  #afterPrevious(step: () => Promise<void>): Promise<void> {
    const done = this.#tail.then(() => {
      if (this.#isClosed) throw caError('HEDDLE_CA_CLOSED', 'the certificate authority is closed')
      return step()
    })
    this.#tail = done.catch(() => {})
    return done
  }

  async #save(change: (state: CaState) => CaState): Promise<void> {
    const next = change(this.#state)
    if (next === this.#state) return
    try {
      await this.#store.save(encodeState(next))
    } catch (error) {
      if (isConflict(error)) await this.#adopt()
      throw error
    }
    this.#announce(next)
  }

  async #adopt(): Promise<void> {
    const saved = await this.#store.reload?.()
    if (!saved) throw stateCorrupt('it was there and is gone')
    if (this.#read && Buffer.compare(saved, this.#read) === 0) return
    const { state } = decodeState(saved, this.#options, this.#random)
    if (state.sequence < this.#state.sequence) throw stateCorrupt('it is older than what was saved before')
    this.#read = saved
    if (Buffer.compare(encodeState(state), encodeState(this.#state)) === 0) return
    if (state.sequence !== this.#state.sequence)
      this.#logger.info('adopted the state that another replica saved', { sequence: state.sequence })
    this.#announce(state)
  }

  #announce(state: CaState): void {
    this.#state = state
    for (const listener of this.#listeners) listener()
  }
}

/** Whether another authority saved first. */
export function isConflict(error: unknown): boolean {
  return isHeddleError(error) && error.code === ('HEDDLE_CA_STATE_CONFLICT' satisfies CaErrorCode)
}
