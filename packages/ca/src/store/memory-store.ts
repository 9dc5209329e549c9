/** Keeps the state for as long as the object lives, for tests and throw-away meshes. */
import { caError } from '../ca-error.js'
import type { CaStore } from './ca-store.js'

/** @param initial what an earlier authority saved. Default: nothing. */
export function createMemoryCaStore(initial?: Uint8Array): CaStore {
  let state = initial
  let isOpen = false
  return {
    open() {
      if (isOpen) return Promise.reject(caError('HEDDLE_CA_STATE_LOCKED', 'another authority uses this store'))
      isOpen = true
      return Promise.resolve(state)
    },
    save(next) {
      state = next
      return Promise.resolve()
    },
    close() {
      isOpen = false
      return Promise.resolve()
    },
  }
}
