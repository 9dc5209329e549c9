/** Serial numbers and the backdating that lets a workload with a slow clock use its certificate at once. */
import type { Random } from '@heddle/base'

/** Two minutes, as istiod does. */
export const backdateMs = 120_000

/** 126 random bits: positive, never zero, always 16 octets. */
export function createSerial(random: Random): Uint8Array {
  const serial = Uint8Array.from(random.bytes(16))
  serial[0] = ((serial[0] as number) & 0x3f) | 0x40
  return serial
}
