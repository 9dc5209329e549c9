/** `10.0.0.0/8`, or an address alone, as Envoy's CidrRange. */
import type { CidrRange } from '@heddle/routing'

export function cidrRange(text: string): CidrRange {
  const [address = text, length] = text.split('/')
  const whole = address.includes(':') ? 128 : 32
  return { addressPrefix: address, prefixLength: length === undefined ? whole : Number(length) }
}
