/**
 * The name of the server that a TLS connection is for. Envoy's `auto_sni` and `auto_san_validation` take it from the
 * authority of the request as it goes upstream; an address is no SNI, but it is checked (RFC 9525 for the comparison).
 */
import { BlockList, isIP } from 'node:net'
import type { SubjectAltNames } from '@heddle/x509'

export interface ServerName {
  /** In lower case, without a port. */
  readonly name: string
  /** Whether it is sent as SNI; the context's own is sent otherwise. */
  readonly isSent: boolean
  /** Whether the server's certificate has to name it. */
  readonly isVerified: boolean
}

const hostOfAuthority = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/

/** The host of `HOST`, `HOST:PORT` or `[ADDRESS]:PORT`. */
export function hostOf(authority: string): string {
  const [, address, host] = hostOfAuthority.exec(authority) ?? []
  return (address ?? host ?? authority).toLowerCase()
}

/** Whether a certificate names a server. A `*` stands for one whole label, the first; the subject's common name is not read. */
export function isNamed(names: SubjectAltNames | undefined, server: string): boolean {
  if (names === undefined || server === '') return false
  const version = isIP(server)
  if (version !== 0) return names.ipAddresses.some((octets) => isSameAddress(octets, server, version))
  const host = withoutLastDot(server)
  return names.dnsNames.some((pattern) => isSameHost(withoutLastDot(pattern.toLowerCase()), host))
}

function isSameHost(pattern: string, host: string): boolean {
  if (!pattern.startsWith('*.')) return pattern === host
  const rest = host.indexOf('.')
  return rest > 0 && host.slice(rest) === pattern.slice(1)
}

function withoutLastDot(name: string): string {
  return name.endsWith('.') ? name.slice(0, -1) : name
}

function isSameAddress(octets: Uint8Array, address: string, version: number): boolean {
  if (octets.length !== (version === 4 ? 4 : 16)) return false
  const family = version === 4 ? 'ipv4' : 'ipv6'
  const list = new BlockList()
  list.addAddress(textOf(octets), family)
  return list.check(address, family)
}

function textOf(octets: Uint8Array): string {
  if (octets.length === 4) return octets.join('.')
  const hex = Buffer.from(octets).toString('hex')
  return hex.match(/.{4}/g)?.join(':') ?? ''
}
