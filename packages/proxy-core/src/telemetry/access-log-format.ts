/** Envoy's access log command language, compiled once per format: `%RESPONSE_CODE%`, `%REQ(X?Y):Z%` and the others that Istio's defaults use. */
import { HeddleError } from '@heddle/base'
import type { FileAccessLog, MetadataValue } from '@heddle/routing'
import type { DecisionRecord, RequestRecord } from '../decision-record.js'
import { responseFlagsOf } from '../response-flag.js'

export type RecordFormatter = (record: DecisionRecord) => string

/** A value of a record; undefined prints as `-`, or null in JSON. */
type Operator = (record: DecisionRecord) => string | number | undefined

const request =
  (read: (record: RequestRecord) => string | number | undefined): Operator =>
  (record) =>
    record.kind === 'request' ? read(record) : undefined
const address = (host: string | undefined, port: number | undefined): string | undefined =>
  host === undefined ? undefined : `${host.includes(':') ? `[${host}]` : host}:${port ?? 0}`

const plainOperators: Readonly<Record<string, Operator>> = {
  START_TIME: ({ startWallMs }) => new Date(startWallMs).toISOString(),
  PROTOCOL: request(({ protocol }) => protocol),
  RESPONSE_CODE: (record) => (record.kind === 'request' ? record.responseCode : 0),
  RESPONSE_FLAGS: ({ responseFlags }) => responseFlagsOf(responseFlags).join(',') || undefined,
  RESPONSE_CODE_DETAILS: ({ responseCodeDetails }) => responseCodeDetails,
  CONNECTION_TERMINATION_DETAILS: ({ connectionTerminationDetails }) => connectionTerminationDetails,
  UPSTREAM_TRANSPORT_FAILURE_REASON: ({ upstreamTransportFailureReason }) => upstreamTransportFailureReason,
  BYTES_RECEIVED: ({ bytesReceived }) => bytesReceived,
  BYTES_SENT: ({ bytesSent }) => bytesSent,
  DURATION: ({ durationMs }) => Math.round(durationMs),
  REQUEST_DURATION: request(({ requestDurationMs }) => rounded(requestDurationMs)),
  RESPONSE_DURATION: request(({ responseDurationMs }) => rounded(responseDurationMs)),
  UPSTREAM_HOST: ({ upstreamHost }) => upstreamHost,
  UPSTREAM_CLUSTER: ({ cluster, clusterName }) => cluster?.altStatName ?? clusterName,
  UPSTREAM_CLUSTER_RAW: ({ clusterName }) => clusterName,
  UPSTREAM_LOCAL_ADDRESS: ({ upstream }) => address(upstream?.localAddress, upstream?.localPort),
  UPSTREAM_PEER_URI_SAN: ({ upstream }) => upstream?.tls?.peer?.uriSans.join(',') || undefined,
  DOWNSTREAM_LOCAL_ADDRESS: ({ connection }) => address(connection.localAddress, connection.localPort),
  DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT: ({ connection }) => connection.localAddress,
  DOWNSTREAM_REMOTE_ADDRESS: ({ connection }) => address(connection.remoteAddress, connection.remotePort),
  DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT: ({ connection }) => connection.remoteAddress,
  DOWNSTREAM_PEER_URI_SAN: ({ connection }) => connection.tls?.peer?.uriSans.join(',') || undefined,
  DOWNSTREAM_TLS_VERSION: ({ connection }) => connection.tls?.version,
  REQUESTED_SERVER_NAME: ({ connection }) => connection.requestedServerName,
  FILTER_CHAIN_NAME: ({ connection }) => connection.filterChain?.name,
  ROUTE_NAME: request(({ route }) => route?.name),
  CONNECTION_ID: ({ connection }) => connection.id,
}

const rounded = (value: number | undefined): number | undefined => (value === undefined ? undefined : Math.round(value))

/** @throws HEDDLE_ACCESS_LOG_FORMAT */
export function compileAccessLogFormat(format: FileAccessLog['format']): RecordFormatter {
  if (format.kind === 'text') {
    const parts = compileText(format.text)
    return (record) => {
      let line = ''
      for (const part of parts) line += typeof part === 'string' ? part : (part(record) ?? '-')
      return line
    }
  }
  const fields = Object.entries(format.fields).map(([name, value]) => [JSON.stringify(name), compileJsonValue(value)] as const)
  return (record) => {
    let line = '{'
    for (const [name, value] of fields) line += `${line === '{' ? '' : ','}${name}:${value(record)}`
    return `${line}}\n`
  }
}

const command = /%([A-Z_0-9]+)(?:\(([^)]*)\))?(?::(\d+))?%/g

function compileText(text: string): readonly (string | Operator)[] {
  const parts: (string | Operator)[] = []
  let at = 0
  for (const match of text.matchAll(command)) {
    if (match.index > at) parts.push(text.slice(at, match.index))
    parts.push(compileOperator(match[1] as string, match[2], match[3]))
    at = match.index + match[0].length
  }
  if (at < text.length) parts.push(text.slice(at))
  return parts
}

function compileJsonValue(value: MetadataValue): (record: DecisionRecord) => string {
  if (typeof value !== 'string') {
    const fixed = JSON.stringify(value)
    return () => fixed
  }
  const parts = compileText(value)
  const [only] = parts
  if (parts.length === 1 && typeof only === 'function') return (record) => JSON.stringify(only(record) ?? null)
  return (record) => JSON.stringify(parts.map((part) => (typeof part === 'string' ? part : (part(record) ?? '-'))).join(''))
}

function compileOperator(name: string, argument: string | undefined, length: string | undefined): Operator {
  const operator = argument === undefined || name === 'START_TIME' ? plainOperators[name] : headerOperator(name, argument)
  if (!operator)
    throw new HeddleError({
      code: 'HEDDLE_ACCESS_LOG_FORMAT',
      message: `the access log format uses %${name}%, which is not supported`,
      origin: 'user',
      hint: `Supported are ${[...Object.keys(plainOperators), 'REQ', 'RESP'].join(', ')}.`,
    })
  if (length === undefined) return operator
  return (record) => {
    const value = operator(record)
    return value === undefined ? undefined : String(value).slice(0, Number(length))
  }
}

/** `REQ(FIRST?OTHERWISE)` and `RESP(...)`. */
function headerOperator(name: string, argument: string): Operator | undefined {
  const names = argument.toLowerCase().split('?')
  if (name === 'REQ') return request((record) => firstOf(names, (header) => requestHeader(record, header)))
  if (name === 'RESP') return request((record) => firstOf(names, (header) => responseHeader(record, header)))
  return undefined
}

function firstOf(names: readonly string[], read: (name: string) => string | number | undefined): string | number | undefined {
  for (const name of names) {
    const value = read(name)
    if (value !== undefined && value !== '') return value
  }
  return undefined
}

function requestHeader(record: RequestRecord, name: string): string | undefined {
  switch (name) {
    case ':method':
      return record.method
    case ':path':
      return record.path
    case ':authority':
      return record.authority
    case ':scheme':
      return record.scheme
    case 'x-request-id':
      return record.requestId
    default:
      return record.requestHeader(name)
  }
}

function responseHeader(record: RequestRecord, name: string): string | number | undefined {
  return name === 'x-envoy-upstream-service-time' ? rounded(record.upstreamServiceTimeMs) : record.responseHeader(name)
}
