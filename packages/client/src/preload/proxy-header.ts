/**
 * A PROXY protocol v2 header (section 2.2 of the protocol's text) with the original destination and the Pod's token in
 * a custom TLV. It has one length for IPv4 and IPv6 (IPv4 is filled up with a NOOP TLV), so it can be queued as the
 * first write of a socket before the destination's name is resolved, and filled in afterwards.
 */
import { isIP } from 'node:net'
import { podTokenTlvType } from '../names/pod-contract.js'

const signature = Buffer.from([0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a])
const proxyCommand = 0x21
const tcpOverIpv4 = 0x11
const tcpOverIpv6 = 0x21
const noopTlvType = 0x04
const fixedBytes = 16
const ipv6AddressBytes = 36

export function allocateProxyHeader(token: string): Buffer {
  return Buffer.alloc(fixedBytes + ipv6AddressBytes + 3 + Buffer.byteLength(token, 'latin1'))
}

export interface ProxyHeaderFields {
  readonly source: string
  readonly destination: string
  readonly destinationPort: number
  readonly token: string
}

/** Writes the whole header into a buffer from `allocateProxyHeader` with the same token. */
export function fillProxyHeader(header: Buffer, fields: ProxyHeaderFields): void {
  const isIpv6 = isIP(fields.destination) === 6
  signature.copy(header, 0)
  header[12] = proxyCommand
  header[13] = isIpv6 ? tcpOverIpv6 : tcpOverIpv4
  header.writeUInt16BE(header.length - fixedBytes, 14)
  if (isIpv6) fillIpv6(header, fields)
  else fillIpv4(header, fields)
  const tlv = fixedBytes + ipv6AddressBytes
  header[tlv] = podTokenTlvType
  header.writeUInt16BE(header.length - tlv - 3, tlv + 1)
  header.write(fields.token, tlv + 3, 'latin1')
}

function fillIpv4(header: Buffer, fields: ProxyHeaderFields): void {
  header.set(ipv4Bytes(fields.source), 16)
  header.set(ipv4Bytes(fields.destination), 20)
  header.writeUInt16BE(0, 24)
  header.writeUInt16BE(fields.destinationPort, 26)
  header[28] = noopTlvType
  header.writeUInt16BE(ipv6AddressBytes - 12 - 3, 29)
}

/** The source is IPv4-mapped (RFC 4291 section 2.5.5.2), for both addresses of a header are of one family. */
function fillIpv6(header: Buffer, fields: ProxyHeaderFields): void {
  header.set([0xff, 0xff, ...ipv4Bytes(fields.source)], 26)
  header.set(ipv6Bytes(fields.destination), 32)
  header.writeUInt16BE(0, 48)
  header.writeUInt16BE(fields.destinationPort, 50)
}

function ipv4Bytes(address: string): number[] {
  return address.split('.').map(Number)
}

/** An address that `isIP` took for IPv6, so its form needs no further check. */
function ipv6Bytes(address: string): number[] {
  const plain = address.replace(/%.*$/, '').replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) => {
    const group = (high: string, low: string): string => ((Number(high) << 8) | Number(low)).toString(16)
    return `${group(a, b)}:${group(c, d)}`
  })
  const [head = '', tail] = plain.split('::')
  const groups = (text: string): number[] => (text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16)))
  const before = groups(head)
  const after = tail === undefined ? [] : groups(tail)
  const middle = Array<number>(8 - before.length - after.length).fill(0)
  return [...before, ...middle, ...after].flatMap((group) => [group >> 8, group & 0xff])
}
