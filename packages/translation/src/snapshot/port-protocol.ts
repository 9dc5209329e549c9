/**
 * Which protocol a Service port speaks (Istio's protocol selection): appProtocol, else the port's name up to the first
 * dash, else a few well-known numbers, else `auto`: the sidecar looks at the first bytes.
 */
import type { ServicePort } from '../resources/kubernetes.js'

export type PortProtocol = 'http' | 'http2' | 'grpc' | 'grpc-web' | 'https' | 'tls' | 'tcp' | 'mongo' | 'redis' | 'mysql' | 'udp' | 'auto'

const byName: Readonly<Record<string, PortProtocol>> = {
  http: 'http',
  http2: 'http2',
  grpc: 'grpc',
  'grpc-web': 'grpc-web',
  https: 'https',
  tls: 'tls',
  tcp: 'tcp',
  mongo: 'mongo',
  redis: 'redis',
  mysql: 'mysql',
  udp: 'udp',
}

const byAppProtocol: Readonly<Record<string, PortProtocol>> = {
  'kubernetes.io/h2c': 'http2',
  'kubernetes.io/ws': 'http',
  'kubernetes.io/wss': 'https',
}

/** SMTP, DNS, MySQL and MongoDB: the server may speak first, so waiting for the client's bytes would hang. */
const serverFirstPorts: ReadonlySet<number> = new Set([25, 53, 3306, 27017])

export function portProtocol(port: ServicePort): PortProtocol {
  if (port.protocol === 'UDP') return 'udp'
  if (port.appProtocol !== undefined) {
    const known = byAppProtocol[port.appProtocol.toLowerCase()] ?? named(port.appProtocol)
    if (known !== undefined) return known
  } else {
    const known = named(port.name ?? '')
    if (known !== undefined) return known
  }
  return serverFirstPorts.has(port.port) ? 'tcp' : 'auto'
}

/** The protocol of a Gateway server, whose names are written in capitals and never detected. */
export function serverProtocol(name: string | undefined): PortProtocol {
  return byName[(name ?? '').toLowerCase()] ?? 'tcp'
}

function named(name: string): PortProtocol | undefined {
  const lower = name.toLowerCase()
  if (lower.startsWith('grpc-web')) return 'grpc-web'
  const prefix = lower.split('-', 1)[0] ?? ''
  return Object.hasOwn(byName, prefix) ? byName[prefix] : undefined
}

export function isHttp(protocol: PortProtocol): boolean {
  return protocol === 'http' || isHttp2(protocol) || protocol === 'grpc-web'
}

export function isHttp2(protocol: PortProtocol): boolean {
  return protocol === 'http2' || protocol === 'grpc' || protocol === 'grpc-web'
}

export function isHttpOrDetected(protocol: PortProtocol): boolean {
  return isHttp(protocol) || protocol === 'auto'
}

export function isTls(protocol: PortProtocol): boolean {
  return protocol === 'https' || protocol === 'tls'
}
