/** What the first bytes of a connection say: TLS or not (Envoy's tls_inspector), HTTP/1, HTTP/2 or neither (http_inspector). */
import type { ListenerFilter } from '@heddle/routing'
import { type ClientHello, parseClientHello } from './client-hello.js'

export interface Inspection {
  readonly tls: boolean
  readonly http: boolean
}

export type InspectionResult =
  | { readonly kind: 'tls'; readonly hello: ClientHello }
  | { readonly kind: 'plain'; readonly protocols: readonly string[] }
  | { readonly kind: 'more' }

/** Which inspectors run for a destination port. */
export function inspectionOf(filters: readonly ListenerFilter[] | undefined, port: number): Inspection {
  return { tls: filterFor(filters, 'tls-inspector', port) !== undefined, http: filterFor(filters, 'http-inspector', port) !== undefined }
}

/** The listener's filter of a kind, when it runs for a destination port. */
export function filterFor(
  filters: readonly ListenerFilter[] | undefined,
  kind: ListenerFilter['kind'],
  port: number,
): ListenerFilter | undefined {
  return filters?.find((filter) => filter.kind === kind && !filter.disabledOnPorts?.some(({ start, end }) => port >= start && port < end))
}

const more: InspectionResult = { kind: 'more' }
const opaque: InspectionResult = { kind: 'plain', protocols: [] }
const preface = 'PRI * HTTP/2.0\r\n'
const maxRequestLineBytes = 8192

export function inspect(bytes: Buffer, inspection: Inspection): InspectionResult {
  if (inspection.tls) {
    const result = parseClientHello(bytes)
    if (result.kind === 'tls') return result
    if (result.kind === 'more') return more
  }
  return inspection.http ? inspectHttp(bytes) : opaque
}

function inspectHttp(bytes: Buffer): InspectionResult {
  const text = bytes.toString('latin1', 0, Math.min(bytes.length, maxRequestLineBytes))
  const seen = Math.min(text.length, preface.length)
  if (text.slice(0, seen) === preface.slice(0, seen)) return seen === preface.length ? { kind: 'plain', protocols: ['h2c'] } : more
  if (!/^[A-Z]{1,20}(?: |$)/.test(text)) return opaque
  const line = text.indexOf('\r\n')
  if (line < 0) return text.length >= maxRequestLineBytes || text.includes('\n') ? opaque : more
  const version = / HTTP\/1\.([01])$/.exec(text.slice(0, line))
  return version ? { kind: 'plain', protocols: [`http/1.${version[1] as string}`] } : opaque
}
