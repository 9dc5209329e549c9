/** A store that several authorities share, as replicas of the control plane do. */
import { HeddleError } from '@heddle/base'
import type { CaStore } from '../../src/index.js'

/** As a Secret with its resource version: each opener is a replica. */
export function sharedStore(): () => CaStore {
  let saved: Uint8Array | undefined
  let version = 0
  return () => {
    let seen = 0
    const read = (): Promise<Uint8Array | undefined> => {
      seen = version
      return Promise.resolve(saved)
    }
    return {
      open: read,
      reload: read,
      save(state) {
        if (seen !== version) return Promise.reject(new HeddleError({ code: 'HEDDLE_CA_STATE_CONFLICT', message: 'another was quicker' }))
        saved = state
        seen = ++version
        return Promise.resolve()
      },
      close: () => Promise.resolve(),
    }
  }
}
