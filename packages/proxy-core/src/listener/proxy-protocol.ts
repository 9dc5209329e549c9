/**
 * The PROXY protocol (haproxy's proxy-protocol.txt, sections 2.1 and 2.2): headers of both versions are read, for
 * listeners behind a balancer, and written, for endpoints that want to know the client. Captured connections of a Pod get
 * their original destination in version 2 alone: version 1 cannot carry the token.
 */
import { isIP, SocketAddress } from 'node:net'

export interface ProxyHeader {
  /** False for LOCAL and UNKNOWN: the sender's own health checks. The addresses are the socket's then. */
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
/** With its CRLF. */
const maxLineBytes = 107
const lineStart = 'PROXY '

/** A header of either version. `none`: the bytes are none. */
export function parseAnyProxyHeader(bytes: Buffer): ProxyHeaderResult | { readonly kind: 'none' } {
  const text = bytes.toString('latin1', 0, Math.min(bytes.length, maxLineBytes))
  const start = text.slice(0, lineStart.length)
  if (start === lineStart) return parseLine(text)
  if (lineStart.startsWith(start)) return { kind: 'more' }
  const seen = Math.min(bytes.length, signature.length)
  return bytes.compare(signature, 0, seen, 0, seen) === 0 ? parseProxyHeader(bytes) : { kind: 'none' }
}

/** Version 1: a line of text. */
function parseLine(text: string): ProxyHeaderResult {
  const end = text.indexOf('\r\n')
  if (end < 0) return text.length < maxLineBytes ? { kind: 'more' } : { kind: 'refused', reason: 'the PROXY line has no end' }
  const line = text.slice(0, end)
  const length = end + 2
  const unknown = { proxied: false, sourceAddress: '', sourcePort: 0, destinationAddress: '', destinationPort: 0, tlvs: noTlvs }
  if (line === 'PROXY UNKNOWN' || line.startsWith('PROXY UNKNOWN ')) return { kind: 'header', length, header: unknown }
  const header = readLine(line)
  return header === undefined ? { kind: 'refused', reason: 'the PROXY line cannot be read' } : { kind: 'header', length, header }
}

const families: Readonly<Record<string, number>> = { TCP4: 4, TCP6: 6 }

function readLine(line: string): ProxyHeader | undefined {
  const [, family = '', source = '', destination = '', sourcePort = '', destinationPort = '', ...rest] = line.split(' ')
  const version = families[family]
  const ports = [sourcePort, destinationPort]
  if (rest.length > 0 || version === undefined || isIP(source) !== version || isIP(destination) !== version) return undefined
  if (!ports.every((port) => /^(?:0|[1-9]\d{0,4})$/.test(port) && Number(port) <= 65_535)) return undefined
  return {
    proxied: true,
    sourceAddress: version === 4 ? source : canonical(source),
    destinationAddress: version === 4 ? destination : canonical(destination),
    sourcePort: Number(sourcePort),
    destinationPort: Number(destinationPort),
    tlvs: noTlvs,
  }
}

/** As sockets write addresses, so that the same client is the same text. IPv4 loses its IPv6 wrapping. */
function canonical(ipv6: string): string {
  const { address } = new SocketAddress({ address: ipv6, family: 'ipv6' })
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
}

const noTlvs: ReadonlyMap<number, Buffer> = new Map()

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
    return canonical(Array.from({ length: 8 }, (_, index) => part.readUInt16BE(index * 2).toString(16)).join(':'))
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
