/** The protocols of ports in Istio's kinds, whatever the case they are written in. */
import { nearest } from '@heddle/base'
import { clip } from '../model/clip.js'
import type { PathSegment } from '../path.js'
import type { FaultList } from '../validate/fault.js'
import { error } from './reporter.js'

const protocols = ['HTTP', 'HTTPS', 'HTTP2', 'GRPC', 'GRPC-WEB', 'TCP', 'TLS', 'MONGO', 'REDIS', 'MYSQL', 'UDP', 'HTTP_PROXY']
const httpProtocols = new Set(['HTTP', 'HTTP2', 'GRPC', 'GRPC-WEB', 'HTTP_PROXY'])
const tlsProtocols = new Set(['HTTPS', 'TLS'])

/** @param protocol in upper case, as for the others. */
export function isProtocol(protocol: string): boolean {
  return protocols.includes(protocol)
}

export function isHttpProtocol(protocol: string): boolean {
  return httpProtocols.has(protocol)
}

export function isTlsProtocol(protocol: string): boolean {
  return tlsProtocols.has(protocol)
}

export function checkProtocol(protocol: string | undefined, below: readonly PathSegment[], faults: FaultList): void {
  if (protocol === undefined || isProtocol(protocol.toUpperCase())) return
  const suggestion = nearest(protocol, protocols)
  error(faults, 'bad-enum', below, `"${clip(protocol)}" is not a protocol.`, {
    expected: `one of ${protocols.slice(0, 10).join(', ')}`,
    ...(suggestion === undefined ? {} : { suggestion }),
  })
}
