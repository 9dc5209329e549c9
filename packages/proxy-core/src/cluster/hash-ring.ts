/**
 * Envoy's ring hash load balancer: every endpoint has places on a ring by the xxHash64 of its address and a number, more
 * of them the more it weighs, and a request goes to the first place at or after its own hash.
 */
import type { Cluster } from '@heddle/routing'
import { type Hash64, xxHash64 } from '../message/xxhash64.js'
import type { HashedHosts } from './hashed-hosts.js'

const defaultMinimumSize = 1024
const largestSize = 8_388_608

export class HashRing {
  /** Places in order of their hashes: both halves, and whose place it is. */
  readonly #high: Uint32Array
  readonly #low: Uint32Array
  readonly #owner: Uint32Array

  constructor({ keys, weights }: HashedHosts, sizes: Cluster['ringHash']) {
    const places = placesOf(keys, weights, sizes).toSorted((a, b) => a.hash.high - b.hash.high || a.hash.low - b.hash.low)
    this.#high = Uint32Array.from(places, ({ hash }) => hash.high)
    this.#low = Uint32Array.from(places, ({ hash }) => hash.low)
    this.#owner = Uint32Array.from(places, ({ owner }) => owner)
  }

  /** @returns the index of an endpoint. */
  pick({ high, low }: Hash64): number {
    let from = 0
    let to = this.#high.length
    while (from < to) {
      const middle = (from + to) >>> 1
      const upper = this.#high[middle] as number
      if (upper < high || (upper === high && (this.#low[middle] as number) < low)) from = middle + 1
      else to = middle
    }
    return this.#owner[from === this.#high.length ? 0 : from] as number
  }
}

interface Place {
  readonly hash: Hash64
  readonly owner: number
}

function placesOf(keys: readonly string[], weights: readonly number[], sizes: Cluster['ringHash']): Place[] {
  const least = Math.min(...weights)
  const minimum = sizes?.minimumRingSize ?? defaultMinimumSize
  // The lightest endpoint gets a whole number of places; the others keep their proportion by a running sum.
  const scale = Math.min(Math.ceil(least * minimum) / least, sizes?.maximumRingSize ?? largestSize)
  const places: Place[] = []
  let target = 0
  for (const [owner, key] of keys.entries()) {
    target += scale * (weights[owner] as number)
    for (let number = 0; places.length < target; number++) places.push({ hash: xxHash64(`${key}_${number}`), owner })
  }
  return places
}
