/**
 * Virtual addresses for services outside of the platform that have none of their own, so that proxies that answer names can
 * tell one from another: out of 240.240.0.0/16 (class E, which nobody routes), by a hash of namespace and host, as istiod does
 * where it keeps no record of them. An address stays the same while the services whose hashes collide with it do.
 */
import { compareText } from './age.js'

/** Fewer than the hosts of 240.240.0.0/16 whose last byte is neither 0 nor 255, and a prime: double hashing then visits every slot. */
const maxAutomaticAddresses = 64_763

export interface AddressClaim {
  readonly namespace: string
  readonly host: string
}

/** @returns addresses by `NAMESPACE/HOST`; claims beyond the last address go without. */
export function allocateAddresses(claims: readonly AddressClaim[]): ReadonlyMap<string, string> {
  const keys = [...new Set(claims.map(({ namespace, host }) => `${namespace}/${host}`))].toSorted(compareText)
  const taken = new Set<number>()
  const addresses = new Map<string, string>()
  for (const key of keys.slice(0, maxAutomaticAddresses)) {
    const hash = fnv32a(key)
    const step = 1 + (hash % (maxAutomaticAddresses - 1))
    let slot = hash % maxAutomaticAddresses
    while (taken.has(slot)) slot = (slot + step) % maxAutomaticAddresses
    taken.add(slot)
    addresses.set(key, `240.240.${Math.floor(slot / 254)}.${(slot % 254) + 1}`)
  }
  return addresses
}

/** FNV-1a over the UTF-8 bytes. */
function fnv32a(text: string): number {
  let hash = 0x811c9dc5
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  return hash
}
