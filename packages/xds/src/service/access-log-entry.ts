/** Records of requests and connections as Envoy's access log service carries them (envoy.data.accesslog.v3). */
import { create } from '@bufbuild/protobuf'
import { type Duration, DurationSchema, type Timestamp, TimestampSchema } from '@bufbuild/protobuf/wkt'
import type { SocketAddress } from '@heddle/routing'
import { type Address, AddressSchema, RequestMethod, SocketAddressSchema } from '../gen/envoy/config/core/v3/core_pb.js'
import {
  type AccessLogCommon,
  AccessLogCommonSchema,
  ConnectionPropertiesSchema,
  type HTTPAccessLogEntry,
  HTTPAccessLogEntry_HTTPVersion as HttpVersion,
  HTTPAccessLogEntrySchema,
  HTTPRequestPropertiesSchema,
  HTTPResponsePropertiesSchema,
  ResponseFlags_UnauthorizedSchema,
  ResponseFlagsSchema,
  type TCPAccessLogEntry,
  TCPAccessLogEntrySchema,
  type TLSProperties,
  TLSProperties_CertificatePropertiesSchema,
  type TLSProperties_CertificateProperties as CertificateProperties,
  TLSProperties_TLSVersion as TlsVersion,
  TLSPropertiesSchema,
} from '../gen/envoy/data/accesslog/v3/accesslog_pb.js'
import { compact, compactOrNone, unlessDefault } from '../message/json-object.js'
import { decodeResponseFlags, encodeResponseFlags } from './response-flags.js'

interface CommonLogFields {
  /** Milliseconds since the Unix epoch. */
  readonly startTimeMs: number
  readonly durationMs: number
  /** The client, as the proxy believes it to be. */
  readonly downstreamRemote?: SocketAddress
  /** The connection's peer. */
  readonly downstreamDirectRemote?: SocketAddress
  readonly downstreamLocal?: SocketAddress
  readonly upstreamRemote?: SocketAddress
  readonly upstreamLocal?: SocketAddress
  readonly upstreamCluster?: string
  readonly routeName?: string
  /** Short names such as `NR`. */
  readonly responseFlags: readonly string[]
  readonly upstreamTransportFailureReason?: string
  readonly connectionTerminationDetails?: string
  readonly upstreamAttemptCount?: number
  readonly streamId?: string
  /** Of the downstream connection. */
  readonly tls?: TlsLogFields
  /** Whatever else is known: the workloads at both ends, say. */
  readonly tags: Readonly<Record<string, string>>
}

export interface TlsLogFields {
  /** Such as `TLSv1.3`. */
  readonly version?: 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'
  readonly serverName?: string
  readonly peerUriSans?: readonly string[]
  readonly peerSubject?: string
  readonly localUriSans?: readonly string[]
}

export interface HttpLogEntry extends CommonLogFields {
  readonly kind: 'http'
  readonly protocol?: 'HTTP/1.0' | 'HTTP/1.1' | 'HTTP/2' | 'HTTP/3'
  /** Methods that the protocol has no number for are carried as none. */
  readonly method?: string
  readonly scheme?: string
  readonly authority?: string
  readonly path?: string
  /** Before rewriting, when it was rewritten. */
  readonly originalPath?: string
  readonly userAgent?: string
  readonly forwardedFor?: string
  readonly requestId?: string
  readonly requestBodyBytes: number
  readonly responseBodyBytes: number
  /** Absent: the client went away before a status was sent. */
  readonly responseCode?: number
  readonly responseCodeDetails?: string
  readonly responseTrailers?: Readonly<Record<string, string>>
}

export interface TcpLogEntry extends CommonLogFields {
  readonly kind: 'tcp'
  readonly receivedBytes: number
  readonly sentBytes: number
}

export type AccessLogEntry = HttpLogEntry | TcpLogEntry

export function encodeHttpEntry(entry: HttpLogEntry): HTTPAccessLogEntry {
  return create(HTTPAccessLogEntrySchema, {
    commonProperties: encodeCommon(entry),
    protocolVersion: entry.protocol === undefined ? HttpVersion.PROTOCOL_UNSPECIFIED : httpVersions[entry.protocol],
    request: create(HTTPRequestPropertiesSchema, {
      requestMethod: RequestMethod[(entry.method ?? '') as keyof typeof RequestMethod] ?? RequestMethod.METHOD_UNSPECIFIED,
      scheme: entry.scheme ?? '',
      authority: entry.authority ?? '',
      path: entry.path ?? '',
      originalPath: entry.originalPath ?? '',
      userAgent: entry.userAgent ?? '',
      forwardedFor: entry.forwardedFor ?? '',
      requestId: entry.requestId ?? '',
      requestBodyBytes: BigInt(entry.requestBodyBytes),
    }),
    response: create(HTTPResponsePropertiesSchema, {
      ...(entry.responseCode === undefined ? {} : { responseCode: entry.responseCode }),
      responseBodyBytes: BigInt(entry.responseBodyBytes),
      responseCodeDetails: entry.responseCodeDetails ?? '',
      responseTrailers: { ...entry.responseTrailers },
    }),
  })
}

export function decodeHttpEntry(message: HTTPAccessLogEntry): HttpLogEntry {
  const { request = create(HTTPRequestPropertiesSchema), response = create(HTTPResponsePropertiesSchema) } = message
  return compact<HttpLogEntry>({
    ...decodeCommon(message.commonProperties),
    kind: 'http',
    protocol: nameOf(httpVersions, message.protocolVersion),
    method: request.requestMethod === RequestMethod.METHOD_UNSPECIFIED ? undefined : RequestMethod[request.requestMethod],
    scheme: unlessDefault(request.scheme),
    authority: unlessDefault(request.authority),
    path: unlessDefault(request.path),
    originalPath: unlessDefault(request.originalPath),
    userAgent: unlessDefault(request.userAgent),
    forwardedFor: unlessDefault(request.forwardedFor),
    requestId: unlessDefault(request.requestId),
    requestBodyBytes: Number(request.requestBodyBytes),
    responseBodyBytes: Number(response.responseBodyBytes),
    responseCode: response.responseCode,
    responseCodeDetails: unlessDefault(response.responseCodeDetails),
    responseTrailers: compactOrNone<Record<string, string>>(response.responseTrailers),
  })
}

export function encodeTcpEntry(entry: TcpLogEntry): TCPAccessLogEntry {
  return create(TCPAccessLogEntrySchema, {
    commonProperties: encodeCommon(entry),
    connectionProperties: create(ConnectionPropertiesSchema, {
      receivedBytes: BigInt(entry.receivedBytes),
      sentBytes: BigInt(entry.sentBytes),
    }),
  })
}

export function decodeTcpEntry(message: TCPAccessLogEntry): TcpLogEntry {
  return {
    ...decodeCommon(message.commonProperties),
    kind: 'tcp',
    receivedBytes: Number(message.connectionProperties?.receivedBytes ?? 0n),
    sentBytes: Number(message.connectionProperties?.sentBytes ?? 0n),
  }
}

const httpVersions = {
  'HTTP/1.0': HttpVersion.HTTP10,
  'HTTP/1.1': HttpVersion.HTTP11,
  'HTTP/2': HttpVersion.HTTP2,
  'HTTP/3': HttpVersion.HTTP3,
} as const

const tlsVersions = {
  TLSv1: TlsVersion.TLSv1,
  'TLSv1.1': TlsVersion.TLSv1_1,
  'TLSv1.2': TlsVersion.TLSv1_2,
  'TLSv1.3': TlsVersion.TLSv1_3,
} as const

function nameOf<K extends string>(table: Readonly<Record<K, number>>, value: number): K | undefined {
  return (Object.keys(table) as K[]).find((name) => table[name] === value)
}

function encodeCommon(entry: CommonLogFields): AccessLogCommon {
  const common = create(AccessLogCommonSchema, {
    startTime: encodeTimestamp(entry.startTimeMs),
    duration: encodeDuration(entry.durationMs),
    upstreamCluster: entry.upstreamCluster ?? '',
    routeName: entry.routeName ?? '',
    upstreamTransportFailureReason: entry.upstreamTransportFailureReason ?? '',
    connectionTerminationDetails: entry.connectionTerminationDetails ?? '',
    upstreamRequestAttemptCount: entry.upstreamAttemptCount ?? 0,
    streamId: entry.streamId ?? '',
    customTags: { ...entry.tags },
  })
  encodeAddresses(entry, common)
  if (entry.tls !== undefined) common.tlsProperties = encodeTls(entry.tls)
  if (entry.responseFlags.length > 0) {
    common.responseFlags = create(ResponseFlagsSchema)
    encodeResponseFlags(entry.responseFlags, common.responseFlags)
    if (entry.responseFlags.includes('UAEX')) common.responseFlags.unauthorizedDetails = create(ResponseFlags_UnauthorizedSchema)
  }
  return common
}

function encodeTimestamp(timeMs: number): Timestamp {
  return create(TimestampSchema, wholeNanoseconds(timeMs))
}

function encodeDuration(spanMs: number): Duration {
  return create(DurationSchema, wholeNanoseconds(spanMs))
}

/** Clocks give fractions of milliseconds; the messages hold whole nanoseconds. @param ms not negative. */
function wholeNanoseconds(ms: number): { readonly seconds: bigint; readonly nanos: number } {
  const seconds = Math.floor(ms / 1000)
  const nanos = Math.min(Math.round((ms - seconds * 1000) * 1e6), 999_999_999)
  return { seconds: BigInt(seconds), nanos }
}

/** @returns milliseconds, with fractions. */
function decodeMs(message: { readonly seconds: bigint; readonly nanos: number } | undefined): number {
  return message === undefined ? 0 : Number(message.seconds) * 1000 + message.nanos / 1e6
}

function encodeAddresses(entry: CommonLogFields, common: AccessLogCommon): void {
  if (entry.downstreamRemote) common.downstreamRemoteAddress = encodeAddress(entry.downstreamRemote)
  if (entry.downstreamDirectRemote) common.downstreamDirectRemoteAddress = encodeAddress(entry.downstreamDirectRemote)
  if (entry.downstreamLocal) common.downstreamLocalAddress = encodeAddress(entry.downstreamLocal)
  if (entry.upstreamRemote) common.upstreamRemoteAddress = encodeAddress(entry.upstreamRemote)
  if (entry.upstreamLocal) common.upstreamLocalAddress = encodeAddress(entry.upstreamLocal)
}

function decodeCommon(common: AccessLogCommon = create(AccessLogCommonSchema)): CommonLogFields {
  return compact<CommonLogFields>({
    startTimeMs: decodeMs(common.startTime),
    durationMs: decodeMs(common.duration),
    downstreamRemote: decodeAddress(common.downstreamRemoteAddress),
    downstreamDirectRemote: decodeAddress(common.downstreamDirectRemoteAddress),
    downstreamLocal: decodeAddress(common.downstreamLocalAddress),
    upstreamRemote: decodeAddress(common.upstreamRemoteAddress),
    upstreamLocal: decodeAddress(common.upstreamLocalAddress),
    upstreamCluster: unlessDefault(common.upstreamCluster),
    routeName: unlessDefault(common.routeName),
    responseFlags: decodeResponseFlags(common.responseFlags),
    upstreamTransportFailureReason: unlessDefault(common.upstreamTransportFailureReason),
    connectionTerminationDetails: unlessDefault(common.connectionTerminationDetails),
    upstreamAttemptCount: unlessDefault(common.upstreamRequestAttemptCount),
    streamId: unlessDefault(common.streamId),
    tls: common.tlsProperties === undefined ? undefined : decodeTls(common.tlsProperties),
    tags: common.customTags,
  })
}

function encodeAddress({ address, port }: SocketAddress): Address {
  const value = create(SocketAddressSchema, { address, portSpecifier: { case: 'portValue', value: port } })
  return create(AddressSchema, { address: { case: 'socketAddress', value } })
}

function decodeAddress(message: Address | undefined): SocketAddress | undefined {
  if (message?.address.case !== 'socketAddress') return undefined
  const { address, portSpecifier } = message.address.value
  return { address, port: portSpecifier.value ?? 0 }
}

function encodeTls(tls: TlsLogFields): TLSProperties {
  return create(TLSPropertiesSchema, {
    tlsVersion: tls.version === undefined ? TlsVersion.VERSION_UNSPECIFIED : tlsVersions[tls.version],
    tlsSniHostname: tls.serverName ?? '',
    peerCertificateProperties: encodeCertificate(tls.peerUriSans, tls.peerSubject),
    localCertificateProperties: encodeCertificate(tls.localUriSans),
  })
}

function decodeTls(message: TLSProperties): TlsLogFields {
  return compact<TlsLogFields>({
    version: nameOf(tlsVersions, message.tlsVersion),
    serverName: message.tlsSniHostname || undefined,
    peerUriSans: uriSans(message.peerCertificateProperties),
    peerSubject: message.peerCertificateProperties?.subject || undefined,
    localUriSans: uriSans(message.localCertificateProperties),
  })
}

function encodeCertificate(uris: readonly string[] = [], subject: string = ''): CertificateProperties {
  const subjectAltName = uris.map((value) => ({ san: { case: 'uri' as const, value } }))
  return create(TLSProperties_CertificatePropertiesSchema, { subjectAltName, subject })
}

function uriSans(message: CertificateProperties | undefined): readonly string[] | undefined {
  const uris = (message?.subjectAltName ?? []).flatMap(({ san }) => (san.case === 'uri' ? [san.value] : []))
  return uris.length === 0 ? undefined : uris
}
