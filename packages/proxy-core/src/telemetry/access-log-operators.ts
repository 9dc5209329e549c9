/** The commands of Envoy's access log language: each reads one value of a decision record. */
import type { DecisionRecord, DownstreamConnection, RequestRecord } from '../decision-record.js'
import { responseFlagsOf } from '../response-flag.js'
import { compileTimeFormat } from './time-format.js'

type Value = string | number | undefined
type Reader = (record: DecisionRecord) => Value
export type RequestReader = (record: RequestRecord) => Value

export interface Operator {
  /** A value of a record; undefined prints as `-`, or null in JSON. */
  readonly read: Reader
  /** The same of a record that is known to be a request's. */
  readonly readRequest: RequestReader
  /** Whether two requests in a row seldom have the same value. */
  readonly varies: boolean
}

/** Readers of any record, and of requests. */
type Readers = Pick<Operator, 'read' | 'readRequest'>

function ofRequest(readRequest: RequestReader): Readers {
  return { read: (record) => (record.kind === 'request' ? readRequest(record) : undefined), readRequest }
}

function ofAll(read: Reader): Readers {
  return { read, readRequest: read }
}

function rounded(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Math.round(value)
}

function socketAddress(host: string | undefined, port: number | undefined): string | undefined {
  if (host === undefined) return undefined
  return `${host.includes(':') ? `[${host}]` : host}:${port ?? 0}`
}

interface AddressTexts {
  readonly remote: string | undefined
  readonly local: string | undefined
}

const addressTexts = new WeakMap<object, AddressTexts>()

/** Of a connection, written once in its life and not for every request. */
function addressesOf(connection: Pick<DownstreamConnection, 'remoteAddress' | 'remotePort' | 'localAddress' | 'localPort'>): AddressTexts {
  let texts = addressTexts.get(connection)
  if (texts === undefined) {
    const { remoteAddress, remotePort, localAddress, localPort } = connection
    texts = { remote: socketAddress(remoteAddress, remotePort), local: socketAddress(localAddress, localPort) }
    addressTexts.set(connection, texts)
  }
  return texts
}

/** A client that only a header tells of has no port: Envoy prints 0. */
function clientText(record: DecisionRecord): string | undefined {
  const { connection } = record
  if (record.kind === 'request' && record.clientAddress !== connection.remoteAddress) return socketAddress(record.clientAddress, 0)
  return addressesOf(connection).remote
}

const flagTexts = new Map<number, string | undefined>()

/** As metrics and logs print them: `UF,URX`; undefined when there is none. The sets that occur are few. */
export function responseFlagsText(bits: number): string | undefined {
  if (bits === 0) return undefined
  let text = flagTexts.get(bits)
  if (text === undefined) flagTexts.set(bits, (text = responseFlagsOf(bits).join(',')))
  return text
}

/** Requests of one millisecond share their text. */
function startTime(): Reader {
  let textMs = Number.NaN
  let text = ''
  return ({ startWallMs }) => {
    if (startWallMs !== textMs) {
      text = new Date(startWallMs).toISOString()
      textMs = startWallMs
    }
    return text
  }
}

const readers: Readonly<Record<string, Readers>> = {
  START_TIME: ofAll(startTime()),
  PROTOCOL: ofRequest(({ protocol }) => protocol),
  RESPONSE_CODE: {
    read: (record) => (record.kind === 'request' ? record.responseCode : 0),
    readRequest: ({ responseCode }) => responseCode,
  },
  RESPONSE_FLAGS: ofAll(({ responseFlags }) => responseFlagsText(responseFlags)),
  RESPONSE_CODE_DETAILS: ofAll(({ responseCodeDetails }) => responseCodeDetails),
  CONNECTION_TERMINATION_DETAILS: ofAll(({ connectionTerminationDetails }) => connectionTerminationDetails),
  UPSTREAM_TRANSPORT_FAILURE_REASON: ofAll(({ upstreamTransportFailureReason }) => upstreamTransportFailureReason),
  BYTES_RECEIVED: ofAll(({ bytesReceived }) => bytesReceived),
  BYTES_SENT: ofAll(({ bytesSent }) => bytesSent),
  DURATION: ofAll(({ durationMs }) => Math.round(durationMs)),
  REQUEST_DURATION: ofRequest(({ requestDurationMs }) => rounded(requestDurationMs)),
  RESPONSE_DURATION: ofRequest(({ responseDurationMs }) => rounded(responseDurationMs)),
  UPSTREAM_HOST: ofAll(({ upstreamHost }) => upstreamHost),
  UPSTREAM_CLUSTER: ofAll(({ cluster, clusterName }) => cluster?.altStatName ?? clusterName),
  UPSTREAM_CLUSTER_RAW: ofAll(({ clusterName }) => clusterName),
  UPSTREAM_LOCAL_ADDRESS: ofAll(({ upstream }) => upstream && addressesOf(upstream).local),
  UPSTREAM_REMOTE_ADDRESS: ofAll(({ upstream }) => upstream && addressesOf(upstream).remote),
  UPSTREAM_REQUEST_ATTEMPT_COUNT: ofRequest(({ attempts }) => attempts.length),
  UPSTREAM_PEER_URI_SAN: ofAll(({ upstream }) => upstream?.tls?.peer?.uriSans.join(',') || undefined),
  DOWNSTREAM_LOCAL_ADDRESS: ofAll(({ connection }) => addressesOf(connection).local),
  DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT: ofAll(({ connection }) => connection.localAddress),
  DOWNSTREAM_REMOTE_ADDRESS: ofAll(clientText),
  DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT: ofAll((record) =>
    record.kind === 'request' ? record.clientAddress : record.connection.remoteAddress,
  ),
  DOWNSTREAM_DIRECT_REMOTE_ADDRESS: ofAll(({ connection }) => addressesOf(connection).remote),
  DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT: ofAll(({ connection }) => connection.remoteAddress),
  DOWNSTREAM_PEER_URI_SAN: ofAll(({ connection }) => connection.tls?.peer?.uriSans.join(',') || undefined),
  DOWNSTREAM_TLS_VERSION: ofAll(({ connection }) => connection.tls?.version),
  REQUESTED_SERVER_NAME: ofAll(({ connection }) => connection.requestedServerName),
  FILTER_CHAIN_NAME: ofAll(({ connection }) => connection.filterChain?.name),
  ROUTE_NAME: ofRequest(({ route }) => route?.name),
  CONNECTION_ID: ofAll(({ connection }) => connection.id),
}

/** Different for nearly every request; of a start time many share one millisecond when requests are many. */
const varying: ReadonlySet<string> = new Set([
  'DURATION',
  'REQUEST_DURATION',
  'RESPONSE_DURATION',
  'UPSTREAM_HOST',
  'UPSTREAM_LOCAL_ADDRESS',
  'UPSTREAM_REMOTE_ADDRESS',
  'DOWNSTREAM_REMOTE_ADDRESS',
  'DOWNSTREAM_DIRECT_REMOTE_ADDRESS',
  'CONNECTION_ID',
])
const varyingHeaders: ReadonlySet<string> = new Set([':path', 'x-request-id', 'traceparent', 'x-envoy-upstream-service-time'])

export const supportedOperators: readonly string[] = [
  ...Object.keys(readers),
  'START_TIME(FORMAT)',
  'REQ(X?Y)',
  'REQ_WITHOUT_QUERY(X?Y)',
  'RESP(X?Y)',
]

/** Undefined when there is no such command, or it takes no such argument. */
export function operatorOf(name: string, argument: string | undefined): Operator | undefined {
  const found = argument === undefined ? readers[name] : readersOf(name, argument)
  if (found === undefined) return undefined
  const varies = varying.has(name) || (argument !== undefined && namesOf(argument).some((header) => varyingHeaders.has(header)))
  return { ...found, varies }
}

function readersOf(name: string, argument: string): Readers | undefined {
  if (name === 'START_TIME') return startTimeReaders(argument)
  const names = namesOf(argument)
  switch (name) {
    case 'REQ':
      return ofRequest(firstOf(names.map(requestHeader)))
    case 'REQ_WITHOUT_QUERY':
      return ofRequest(withoutQuery(firstOf(names.map(requestHeader))))
    case 'RESP':
      return ofRequest(firstOf(names.map(responseHeader)))
    default:
      return undefined
  }
}

function namesOf(argument: string): readonly string[] {
  return argument.toLowerCase().split('?')
}

function startTimeReaders(format: string): Readers | undefined {
  const write = compileTimeFormat(format)
  return write && ofAll(({ startWallMs }) => write(startWallMs))
}

/** The first of them that is there and not empty. */
function firstOf(readers: readonly RequestReader[]): RequestReader {
  return (record) => {
    for (const read of readers) {
      const value = read(record)
      if (value !== undefined && value !== '') return value
    }
    return undefined
  }
}

function withoutQuery(read: RequestReader): RequestReader {
  return (record) => {
    const value = read(record)
    const query = typeof value === 'string' ? value.indexOf('?') : -1
    return typeof value === 'string' && query >= 0 ? value.slice(0, query) : value
  }
}

/** `:path` is the path as it went upstream; before a rewrite it is in `x-envoy-original-path`. */
function requestHeader(name: string): RequestReader {
  switch (name) {
    case ':method':
      return ({ method }) => method
    case ':path':
      return ({ upstreamPath }) => upstreamPath
    case ':authority':
      return ({ authority }) => authority
    case ':scheme':
      return ({ scheme }) => scheme
    case 'x-request-id':
      return ({ requestId }) => requestId
    default:
      return (record) => record.requestHeader(name)
  }
}

function responseHeader(name: string): RequestReader {
  if (name === 'x-envoy-upstream-service-time') return ({ upstreamServiceTimeMs }) => rounded(upstreamServiceTimeMs)
  return (record) => record.responseHeader(name)
}
