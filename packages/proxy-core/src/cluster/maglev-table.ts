/**
 * Envoy's Maglev load balancer: a table of prime size that the endpoints fill in turns, each by its own permutation of the
 * places, as often as its weight says; a request goes to the endpoint at its hash modulo the size.
 */
import { type Hash64, hashModulo, xxHash64 } from '../message/xxhash64.js'
import type { HashedHosts } from './hashed-hosts.js'

const defaultSize = 65_537
const noOwner = 0xffffffff

export class MaglevTable {
  readonly #owner: Uint32Array

  constructor(hosts: HashedHosts, size: number = defaultSize) {
    this.#owner = new Uint32Array(size).fill(noOwner)
    this.#fill(turnsOf(hosts, size), Math.max(...hosts.weights))
  }

  /** @returns the index of an endpoint. */
  pick(hash: Hash64): number {
    return this.#owner[hashModulo(hash, this.#owner.length)] as number
  }

  #fill(turns: readonly Turn[], heaviest: number): void {
    const size = this.#owner.length
    for (let iteration = 1, filled = 0; filled < size; iteration++) {
      for (const turn of turns) {
        if (filled === size) return
        // The heaviest has a turn in every iteration, one of half its weight in every other.
        if (iteration * turn.weight < turn.target) continue
        turn.target += heaviest
        this.#owner[this.#nextFree(turn)] = turn.owner
        filled++
      }
    }
  }

  #nextFree(turn: Turn): number {
    const size = this.#owner.length
    for (;;) {
      const place = (turn.offset + turn.skip * turn.next++) % size
      if (this.#owner[place] === noOwner) return place
    }
  }
}

interface Turn {
  readonly owner: number
  readonly weight: number
  readonly offset: number
  readonly skip: number
  next: number
  target: number
}

/** In order of the keys, so that the table does not depend on the order of the endpoints. */
function turnsOf({ keys, weights }: HashedHosts, size: number): readonly Turn[] {
  const order = keys.map((key, owner) => ({ key, owner })).toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
  return order.map(({ key, owner }) => ({
    owner,
    weight: weights[owner] as number,
    offset: hashModulo(xxHash64(key), size),
    skip: hashModulo(xxHash64(key, { high: 0, low: 1 }), size - 1) + 1,
    next: 0,
    target: 0,
  }))
}
