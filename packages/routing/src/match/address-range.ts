/** Blocks of addresses (RFC 4632 and RFC 4291), without a socket library: it runs in browsers, too. */
import type { CidrRange } from '../model/listener.js'

/** Whether an address is in a block; one that is none, or of the other family, is not. */
export function containsAddress(range: CidrRange, address: string): boolean {
  const block = blockOf(range)
  const bytes = addressBytes(address)
  if (block === undefined || bytes === undefined || block.length !== bytes.length) return false
  const whole = range.prefixLength >> 3
  for (let at = 0; at < whole; at++) if (block[at] !== bytes[at]) return false
  const rest = 8 - (range.prefixLength & 7)
  return rest === 8 || (block[whole] as number) >> rest === (bytes[whole] as number) >> rest
}

/** Read once a range: chains are matched for every connection. */
const blocks = new WeakMap<CidrRange, readonly number[]>()

function blockOf(range: CidrRange): readonly number[] | undefined {
  const known = blocks.get(range)
  if (known !== undefined) return known
  const bytes = addressBytes(range.addressPrefix)
  if (bytes !== undefined) blocks.set(range, bytes)
  return bytes
}

/** The 4 or 16 bytes of an address; undefined when it is none. */
export function addressBytes(address: string): readonly number[] | undefined {
  return address.includes(':') ? ipv6Bytes(address) : ipv4Bytes(address)
}

function ipv4Bytes(address: string): readonly number[] | undefined {
  const parts = address.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) return undefined
  return parts.map(Number)
}

function ipv6Bytes(address: string): readonly number[] | undefined {
  const [bare = ''] = address.split('%', 1)
  const [front = '', back, more] = mappedAsGroups(bare).split('::')
  if (more !== undefined) return undefined
  const left = groupsOf(front)
  const right = back === undefined ? [] : groupsOf(back)
  if (left === undefined || right === undefined) return undefined
  const missing = 8 - left.length - right.length
  if (back === undefined ? missing !== 0 : missing < 1) return undefined
  return [...left, ...Array.from({ length: missing }, () => 0), ...right].flatMap((group) => [group >> 8, group & 255])
}

/** `::ffff:192.0.2.1` with its last four bytes as two groups. */
function mappedAsGroups(address: string): string {
  const at = address.lastIndexOf(':') + 1
  const bytes = address.includes('.') ? ipv4Bytes(address.slice(at)) : undefined
  if (bytes === undefined) return address
  const [a = 0, b = 0, c = 0, d = 0] = bytes
  return `${address.slice(0, at)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
}

function groupsOf(text: string): readonly number[] | undefined {
  if (text === '') return []
  const groups = text.split(':')
  return groups.every((group) => /^[\da-f]{1,4}$/i.test(group)) ? groups.map((group) => Number.parseInt(group, 16)) : undefined
}
