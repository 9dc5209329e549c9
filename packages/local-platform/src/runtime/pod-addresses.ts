/** Leases of Pod and app addresses: the lower half of the mesh's 127.x.0.0/16, handed out in turn so that a freed one rests before it is used again. */
import { HeddleError } from '@heddle/base'

export interface PodAddresses {
  /** Marks an address of a recorded Pod as taken. */
  reserve(address: string): void
  /** @throws HEDDLE_RUNTIME_ADDRESSES when the half is used up. */
  lease(): string
  release(address: string): void
}

const hostCount = 1 << 15

/** @param subnet the second octet `x` of 127.x.0.0/16. */
export function createPodAddresses(subnet: number): PodAddresses {
  const taken = new Set<string>()
  let next = 1
  const address = (host: number): string => `127.${subnet}.${host >> 8}.${host & 255}`
  return {
    reserve(reserved) {
      taken.add(reserved)
      const [, , high, low] = reserved.split('.').map(Number)
      next = Math.max(next, ((high ?? 0) << 8) + (low ?? 0) + 1)
    },
    lease() {
      for (let tried = 0; tried < hostCount; tried++) {
        const host = next++ % hostCount
        const candidate = address(host)
        if ((host & 255) === 0 || (host & 255) === 255 || taken.has(candidate)) continue
        taken.add(candidate)
        return candidate
      }
      throw new HeddleError({
        code: 'HEDDLE_RUNTIME_ADDRESSES',
        message: `no Pod address is left in 127.${subnet}.0.0/17`,
        hint: 'Delete Pods that are not needed.',
      })
    },
    release: (released) => void taken.delete(released),
  }
}
