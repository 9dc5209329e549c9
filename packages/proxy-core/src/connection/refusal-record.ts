/** Records of connections and requests that ended before any route could be asked. */
import type { Clock } from '@heddle/base'
import type { AccessLog, HttpConnectionManager } from '@heddle/routing'
import type { ConnectionRecord, DownstreamConnection, RequestRecord } from '../decision-record.js'
import { responseFlagBits as flag } from '../response-flag.js'

const nothing = {
  connectionTerminationDetails: undefined,
  clusterName: undefined,
  cluster: undefined,
  endpoint: undefined,
  upstream: undefined,
  upstreamHost: undefined,
  bytesReceived: 0,
  telemetryState: undefined,
}

export function refusedConnection(
  connection: DownstreamConnection & { readonly transportFailure?: string | undefined },
  accessLog: readonly AccessLog[],
  responseFlags: number,
  responseCodeDetails: string,
  clock: Clock,
): ConnectionRecord {
  return {
    ...nothing,
    kind: 'connection',
    connection,
    accessLog,
    statPrefix: undefined,
    startWallMs: connection.startWallMs,
    durationMs: clock.monotonicMs() - connection.startMs,
    responseFlags,
    responseCodeDetails,
    connectionTerminationDetails: connection.transportFailure,
    upstreamTransportFailureReason: undefined,
    bytesSent: 0,
  }
}

export function refusedRequest(
  connection: DownstreamConnection,
  manager: HttpConnectionManager,
  responseCode: number,
  reason: string,
  bytesSent: number,
  clock: Clock,
  protocol: 'HTTP/1.1' | 'HTTP/2',
): RequestRecord {
  return {
    ...nothing,
    kind: 'request',
    connection,
    manager,
    accessLog: manager.accessLog ?? [],
    protocol,
    method: '',
    path: '',
    upstreamPath: '',
    authority: '',
    scheme: connection.tls === undefined ? 'http' : 'https',
    clientAddress: connection.remoteAddress,
    requestId: '',
    virtualHost: undefined,
    route: undefined,
    weightedCluster: undefined,
    startWallMs: clock.now(),
    durationMs: 0,
    responseCode,
    responseFlags: flag.DPE,
    responseCodeDetails: `${protocol === 'HTTP/2' ? 'http2' : 'http1'}.${reason.replaceAll(' ', '_')}`,
    upstreamTransportFailureReason: undefined,
    bytesSent,
    attempts: [],
    upstreamServiceTimeMs: undefined,
    requestDurationMs: undefined,
    responseDurationMs: undefined,
    grpcStatus: undefined,
    requestHeader: () => undefined,
    responseHeader: () => undefined,
  }
}
