/**
 * PROXY protocol version 2 (haproxy's proxy-protocol.txt section 2.2), for listeners that get their connections'
 * original destination that way. Version 1 is refused: it cannot carry the token.
 */
export interface ProxyHeader {
  /** False for LOCAL: the sender's own health checks. */
  readonly proxied: boolean
  readonly sourceAddress: string
  readonly sourcePort: number
  readonly destinationAddress: string
  readonly destinationPort: number
  readonly tlvs: ReadonlyMap<number, Buffer>
}

export type ProxyHeaderResult =
  | { readonly kind: 'header'; readonly header: ProxyHeader; readonly length: number }
  | { readonly kind: 'more' }
  | { readonly kind: 'refused'; readonly reason: string }

/** The TLV type in which a Pod's token travels (application-defined range, 0xE0 to 0xEF). */
export const tokenTlvType = 0xe0

const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')
const maxHeaderBytes = 4096

export function parseProxyHeader(bytes: Buffer): ProxyHeaderResult {
  const seen = Math.min(bytes.length, signature.length)
  if (bytes.compare(signature, 0, seen, 0, seen) !== 0)
    return { kind: 'refused', reason: 'the connection does not start with a PROXY v2 header' }
  if (bytes.length < 16) return { kind: 'more' }
  const command = bytes[12] as number
  if (command >> 4 !== 2 || (command & 15) > 1) return { kind: 'refused', reason: 'the PROXY header is not version 2' }
  const length = 16 + bytes.readUInt16BE(14)
  if (length > maxHeaderBytes) return { kind: 'refused', reason: 'the PROXY header is too long' }
  if (bytes.length < length) return { kind: 'more' }
  const family = (bytes[13] as number) >> 4
  const addressBytes = family === 1 ? 12 : family === 2 ? 36 : 0
  if ((command & 15) === 1 && (addressBytes === 0 || ((bytes[13] as number) & 15) !== 1)) {
    return { kind: 'refused', reason: 'the PROXY header is not for TCP over IP' }
  }
  if (16 + addressBytes > length) return { kind: 'refused', reason: 'the PROXY header is cut short' }
  const tlvs = readTlvs(bytes.subarray(16 + addressBytes, length))
  if (tlvs === undefined) return { kind: 'refused', reason: 'a TLV of the PROXY header is cut short' }
  return { kind: 'header', length, header: { proxied: (command & 15) === 1, tlvs, ...readAddresses(bytes, family) } }
}

function readAddresses(
  bytes: Buffer,
  family: number,
): Pick<ProxyHeader, 'sourceAddress' | 'sourcePort' | 'destinationAddress' | 'destinationPort'> {
  if (family === 0) return { sourceAddress: '', sourcePort: 0, destinationAddress: '', destinationPort: 0 }
  const size = family === 1 ? 4 : 16
  const address = (at: number): string => {
    const part = bytes.subarray(at, at + size)
    if (size === 4) return part.join('.')
    return Array.from({ length: 8 }, (_, index) => part.readUInt16BE(index * 2).toString(16)).join(':')
  }
  return {
    sourceAddress: address(16),
    destinationAddress: address(16 + size),
    sourcePort: bytes.readUInt16BE(16 + 2 * size),
    destinationPort: bytes.readUInt16BE(18 + 2 * size),
  }
}

function readTlvs(bytes: Buffer): ReadonlyMap<number, Buffer> | undefined {
  const tlvs = new Map<number, Buffer>()
  let at = 0
  while (at < bytes.length) {
    if (at + 3 > bytes.length) return undefined
    const size = bytes.readUInt16BE(at + 1)
    if (at + 3 + size > bytes.length) return undefined
    tlvs.set(bytes[at] as number, Buffer.from(bytes.subarray(at + 3, at + 3 + size)))
    at += 3 + size
  }
  return tlvs
}
