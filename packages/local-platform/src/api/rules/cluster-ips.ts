/** Virtual addresses of Services: the upper half of the mesh's 127.x.0.0/16, where an uncaptured connection reaches nobody. */
import { createHash } from 'node:crypto'
import type { ClusterIpRange } from './kind-rules.js'

/** 127.x.128.1 is the API's own Service, as the first address is in Kubernetes. */
const firstHost = 2
const hosts = 32_766

/** @param subnet the second octet `x` of 127.x.0.0/16. */
export function createClusterIpRange(subnet: number): ClusterIpRange {
  const address = (host: number): string => `127.${subnet}.${128 + (host >> 8)}.${host & 255}`
  return {
    contains: (text) => {
      const octets = text.split('.').map(Number)
      return octets.length === 4 && octets[0] === 127 && octets[1] === subnet && (octets[2] as number) >= 128
    },
    choose(name, taken) {
      const start = createHash('sha256').update(name).digest().readUInt32BE() % hosts
      for (let step = 0; step < hosts; step++) {
        const host = (start + step) % hosts
        if (host < firstHost) continue
        const candidate = address(host)
        if (!taken.has(candidate)) return candidate
      }
      return undefined
    },
  }
}

export function apiServiceAddress(subnet: number): string {
  return `127.${subnet}.128.1`
}
