/** The last access records of the mesh: a ring of fixed size, so that a busy mesh forgets the oldest instead of growing. */
import type { AccessLogEntry } from '@heddle/xds'

export interface AccessRecord {
  /** Node id of the reporting proxy. */
  readonly proxy: string
  readonly entry: AccessLogEntry
}

export interface AccessStore {
  add(record: AccessRecord): void
  /** The newest first. */
  last(limit: number): readonly AccessRecord[]
  readonly received: number
}

/** @param capacity records kept. Default: 10,000. */
export function createAccessStore(capacity = 10_000): AccessStore {
  const ring: AccessRecord[] = []
  let received = 0
  return {
    add(record) {
      ring[received++ % capacity] = record
    },
    last(limit) {
      const count = Math.min(limit, ring.length)
      return Array.from({ length: count }, (_, index) => ring[(received - 1 - index) % capacity] as AccessRecord)
    },
    get received() {
      return received
    },
  }
}
