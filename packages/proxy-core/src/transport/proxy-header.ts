/**
 * PROXY headers for connections to endpoints that want to know the client (haproxy's proxy-protocol.txt): version 1 is a
 * line of text, version 2 is binary. Without a client whose address is known the header says so (UNKNOWN, LOCAL).
 */
import { isIP, SocketAddress } from 'node:net'

export interface ProxiedAddresses {
  /** The client. */
  readonly remoteAddress: string
  readonly remotePort: number
  /** What it meant to reach. */
  readonly localAddress: string
  readonly localPort: number
}

export function proxyHeader(version: 'V1' | 'V2', addresses: ProxiedAddresses): Buffer {
  const family = isIP(addresses.remoteAddress)
  const isKnown = family !== 0 && isIP(addresses.localAddress) === family
  return version === 'V1' ? line(addresses, isKnown, family) : binary(addresses, isKnown, family)
}

function line({ remoteAddress, remotePort, localAddress, localPort }: ProxiedAddresses, isKnown: boolean, family: number): Buffer {
  if (!isKnown) return Buffer.from('PROXY UNKNOWN\r\n', 'latin1')
  return Buffer.from(`PROXY TCP${family} ${remoteAddress} ${localAddress} ${remotePort} ${localPort}\r\n`, 'latin1')
}

const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')

function binary({ remoteAddress, remotePort, localAddress, localPort }: ProxiedAddresses, isKnown: boolean, family: number): Buffer {
  if (!isKnown) return Buffer.concat([signature, Buffer.from([0x20, 0, 0, 0])])
  const ports = Buffer.alloc(4)
  ports.writeUInt16BE(remotePort, 0)
  ports.writeUInt16BE(localPort, 2)
  const addresses = Buffer.concat([octetsOf(remoteAddress, family), octetsOf(localAddress, family), ports])
  return Buffer.concat([signature, Buffer.from([0x21, family === 4 ? 0x11 : 0x21, 0, addresses.length]), addresses])
}

function octetsOf(address: string, family: number): Buffer {
  if (family === 4) return Buffer.from(address.split('.').map(Number))
  const groups = wordsOf(address.replace(/%.*$/, ''))
  const octets = Buffer.alloc(16)
  for (const [index, word] of groups.entries()) octets.writeUInt16BE(word, index * 2)
  return octets
}

/** The eight words of an IPv6 address, whatever its form. */
function wordsOf(address: string): readonly number[] {
  const plain = new SocketAddress({ address, family: 'ipv6' }).address
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(plain)
  const hex = dotted ? `${dotted[1]}${pairOf(dotted[2], dotted[3])}:${pairOf(dotted[4], dotted[5])}` : plain
  const [head = '', tail] = hex.split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const words = [...before, ...Array.from({ length: 8 - before.length - after.length }, () => '0'), ...after]
  return words.map((word) => Number.parseInt(word, 16))
}

function pairOf(high: string | undefined, low: string | undefined): string {
  return (Number(high) * 256 + Number(low)).toString(16)
}
