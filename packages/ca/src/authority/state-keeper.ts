/** Holds the authority's state: read once at the start, saved before every change becomes visible, one change at a time. */
import type { Clock, Logger, Random } from '@heddle/base'
import { caError } from '../ca-error.js'
import type { StateHolder } from '../rotation/rotation.js'
import type { CaStore } from '../store/ca-store.js'
import { createRoot } from './authority.js'
import { type CaState, decodeState, encodeState } from './ca-state.js'

export interface StateKeeperOptions {
  readonly trustDomain: string
  readonly rootTtlSeconds: number
  readonly store: CaStore
}

export interface StateKeeper extends StateHolder {
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
    return createKeeper(saved ? readSaved(saved, options, deps) : await makeFirst(options, deps), store)
  } catch (error) {
    await store.close()
    throw error
  }
}

function readSaved(saved: Uint8Array, options: StateKeeperOptions, { clock, logger }: Deps): CaState {
  const state = decodeState(saved, options.trustDomain)
  const active = state.roots.find((root) => root.phase === 'active')
  if (active && clock.now() >= active.authority.chainNotAfterMs) {
    // Not fatal: rotation is the way out, and it needs an authority that runs.
    logger.error('the root has expired: nothing is issued until another root is activated', { trustDomain: options.trustDomain })
  }
  return state
}

/** The root is on disk before anything is signed with it. */
async function makeFirst({ trustDomain, rootTtlSeconds, store }: StateKeeperOptions, { clock, random, logger }: Deps): Promise<CaState> {
  const nowMs = clock.now()
  const authority = createRoot({ trustDomain, ttlSeconds: rootTtlSeconds, nowMs }, random)
  const state: CaState = { trustDomain, roots: [{ phase: 'active', sinceMs: nowMs, authority }] }
  await store.save(encodeState(state))
  logger.info('made a new root', { trustDomain, notAfterMs: authority.chainNotAfterMs })
  return state
}

function createKeeper(initial: CaState, store: CaStore): StateKeeper {
  const listeners = new Set<() => void>()
  let state = initial
  let isClosed = false
  let tail: Promise<unknown> = Promise.resolve()

  const afterPrevious = async (previous: Promise<unknown>, change: (state: CaState) => CaState): Promise<void> => {
    await previous
    if (isClosed) throw caError('HEDDLE_CA_CLOSED', 'the certificate authority is closed')
    const next = change(state)
    const bytes = encodeState(next)
    await store.save(bytes)
    state = next
    for (const listener of listeners) listener()
  }
  return {
    current: () => state,
    onChange: (listener) => void listeners.add(listener),
    replace(change) {
      const step = afterPrevious(tail, change)
      tail = step.catch(() => {})
      return step
    },
    async close() {
      isClosed = true
      await tail
      await store.close()
    },
  }
}
