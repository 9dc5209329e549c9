/**
 * The header names that the engine itself looks at, as small numbers below 64 (a head marks in two words which it has seen). A head's parser classifies each name once (by
 * length, first and last byte, then the whole), so that later steps compare numbers instead of text.
 */
type KnownHeader =
  | 'other'
  | 'connection'
  | 'keepAlive'
  | 'proxyConnection'
  | 'transferEncoding'
  | 'contentLength'
  | 'te'
  | 'trailer'
  | 'upgrade'
  | 'host'
  | 'expect'
  | 'proxyAuthorization'
  | 'xForwardedFor'
  | 'xForwardedProto'
  | 'xRequestId'
  | 'xForwardedClientCert'
  | 'server'
  | 'date'
  | 'peerMetadata'
  | 'peerMetadataId'
  | 'xEnvoyInternal'
  | 'upstreamServiceTime'
  | 'http2Settings'
  | 'proxyAuthenticate'
  | 'decoratorOperation'
  | 'contentType'
  | 'grpcStatus'
  | 'userAgent'
  | 'traceparent'
  | 'b3'
  | 'b3TraceId'
  | 'b3ParentSpanId'
  | 'b3SpanId'
  | 'b3Sampled'
  | 'b3Flags'
  | 'attemptCount'
  | 'expectedTimeout'
  | 'originalPath'
  | 'overloaded'

export const headerId: Readonly<Record<KnownHeader, number>> = {
  other: 0,
  connection: 1,
  keepAlive: 2,
  proxyConnection: 3,
  transferEncoding: 4,
  contentLength: 5,
  te: 6,
  trailer: 7,
  upgrade: 8,
  host: 9,
  expect: 10,
  proxyAuthorization: 11,
  xForwardedFor: 12,
  xForwardedProto: 13,
  xRequestId: 14,
  xForwardedClientCert: 15,
  server: 16,
  date: 17,
  peerMetadata: 18,
  peerMetadataId: 19,
  xEnvoyInternal: 20,
  upstreamServiceTime: 21,
  http2Settings: 22,
  proxyAuthenticate: 23,
  decoratorOperation: 24,
  contentType: 25,
  grpcStatus: 26,
  userAgent: 27,
  traceparent: 28,
  b3: 29,
  b3TraceId: 30,
  b3ParentSpanId: 31,
  b3SpanId: 32,
  b3Sampled: 33,
  b3Flags: 34,
  attemptCount: 35,
  expectedTimeout: 36,
  originalPath: 37,
  overloaded: 38,
}

export type HeaderId = number

const names: readonly (readonly [string, HeaderId])[] = [
  ['connection', headerId.connection],
  ['keep-alive', headerId.keepAlive],
  ['proxy-connection', headerId.proxyConnection],
  ['transfer-encoding', headerId.transferEncoding],
  ['content-length', headerId.contentLength],
  ['te', headerId.te],
  ['trailer', headerId.trailer],
  ['upgrade', headerId.upgrade],
  ['host', headerId.host],
  ['expect', headerId.expect],
  ['proxy-authorization', headerId.proxyAuthorization],
  ['x-forwarded-for', headerId.xForwardedFor],
  ['x-forwarded-proto', headerId.xForwardedProto],
  ['x-request-id', headerId.xRequestId],
  ['x-forwarded-client-cert', headerId.xForwardedClientCert],
  ['server', headerId.server],
  ['date', headerId.date],
  ['x-envoy-peer-metadata', headerId.peerMetadata],
  ['x-envoy-peer-metadata-id', headerId.peerMetadataId],
  ['x-envoy-internal', headerId.xEnvoyInternal],
  ['x-envoy-upstream-service-time', headerId.upstreamServiceTime],
  ['http2-settings', headerId.http2Settings],
  ['proxy-authenticate', headerId.proxyAuthenticate],
  ['x-envoy-decorator-operation', headerId.decoratorOperation],
  ['content-type', headerId.contentType],
  ['grpc-status', headerId.grpcStatus],
  ['user-agent', headerId.userAgent],
  ['traceparent', headerId.traceparent],
  ['b3', headerId.b3],
  ['x-b3-traceid', headerId.b3TraceId],
  ['x-b3-parentspanid', headerId.b3ParentSpanId],
  ['x-b3-spanid', headerId.b3SpanId],
  ['x-b3-sampled', headerId.b3Sampled],
  ['x-b3-flags', headerId.b3Flags],
  ['x-envoy-attempt-count', headerId.attemptCount],
  ['x-envoy-expected-rq-timeout-ms', headerId.expectedTimeout],
  ['x-envoy-original-path', headerId.originalPath],
  ['x-envoy-overloaded', headerId.overloaded],
]

interface Candidate {
  readonly id: HeaderId
  readonly bytes: Uint8Array
}

/** A field name as the engine writes it: with what would otherwise be worked out for every message. */
export interface HeaderName {
  readonly id: HeaderId
  /** As it is written. */
  readonly text: string
  readonly lower: string
  /** `text: `, and the same with the end of the line before it. */
  readonly start: string
  readonly nextStart: string
}

function makeHeaderName(text: string, lower: string, id: HeaderId): HeaderName {
  return { id, text, lower, start: `${text}: `, nextStart: `\r\n${text}: ` }
}

const byName = new Map<string, HeaderName>(names.map(([name, id]) => [name, makeHeaderName(name, name, id)]))
/** By length, first and last byte: most names that are not known meet an empty place. */
const places: Candidate[][] = Array.from({ length: 512 }, () => [])
for (const [name, id] of names) {
  const bytes = Buffer.from(name, 'latin1')
  places[placeOf(bytes.length, bytes[0] as number, bytes.at(-1) as number)]?.push({ id, bytes })
}

/** Without case: `-` and digits have bit 0x20 set already. */
function placeOf(length: number, first: number, last: number): number {
  return (length * 37 + (first | 0x20) * 5 + (last | 0x20)) & 511
}

/** The id of the name at [start, end) of a buffer, compared without case. */
export function classifyHeaderName(buffer: Uint8Array, start: number, end: number): HeaderId {
  const length = end - start
  const candidates = places[placeOf(length, buffer[start] as number, buffer[end - 1] as number)] as Candidate[]
  for (let index = 0; index < candidates.length; index++) {
    const { id, bytes } = candidates[index] as Candidate
    if (bytes.length !== length) continue
    let at = 0
    while (at < length && ((buffer[start + at] as number) | 0x20) === bytes[at]) at++
    if (at === length) return id
  }
  return headerId.other
}

/** The id of a name in lower case. */
export function headerIdOf(lowerName: string): HeaderId {
  return byName.get(lowerName)?.id ?? headerId.other
}

/** @param text as it is to be written; names that are known cost no allocation. */
export function headerNameOf(text: string): HeaderName {
  const known = byName.get(text)
  if (known !== undefined) return known
  const lower = text.toLowerCase()
  return makeHeaderName(text, lower, headerIdOf(lower))
}
