/** Randomness as a dependency, so that load balancing, jitter and ids replay from a seed in tests. */

export interface Random {
  /** Uniform in [0, 1). */
  next(): number
  /** `count` bytes; cryptographically strong unless the instance is a test's. */
  bytes(count: number): Uint8Array
}
