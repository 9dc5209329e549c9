/** A decision record as Envoy's access log service carries it; the metric labels travel as tags. */
import type { DecisionRecord, TlsInfo } from '@heddle/proxy-core'
import { responseFlagsOf } from '@heddle/proxy-core'
import type { HttpLogEntry, TcpLogEntry } from '@heddle/xds'

export function accessEntryOf(record: DecisionRecord, labels: Readonly<Record<string, string>>): HttpLogEntry | TcpLogEntry {
  const { connection, upstream } = record
  const tls = connection.tls && tlsFields(connection.tls)
  const common = {
    startTimeMs: record.startWallMs,
    durationMs: record.durationMs,
    downstreamRemote: { address: connection.remoteAddress, port: connection.remotePort },
    downstreamLocal: { address: connection.localAddress, port: connection.localPort },
    responseFlags: responseFlagsOf(record.responseFlags),
    tags: labels,
    ...(upstream
      ? {
          upstreamRemote: { address: upstream.remoteAddress, port: upstream.remotePort },
          upstreamLocal: { address: upstream.localAddress, port: upstream.localPort },
        }
      : {}),
    ...defined('upstreamCluster', record.clusterName),
    ...defined('upstreamTransportFailureReason', record.upstreamTransportFailureReason),
    ...defined('connectionTerminationDetails', record.connectionTerminationDetails),
    ...defined('tls', tls),
  }
  if (record.kind === 'connection') return { kind: 'tcp', ...common, receivedBytes: record.bytesReceived, sentBytes: record.bytesSent }
  return {
    kind: 'http',
    ...common,
    protocol: record.protocol,
    method: record.method,
    scheme: record.scheme,
    authority: record.authority,
    path: record.path,
    requestId: record.requestId,
    requestBodyBytes: record.bytesReceived,
    responseBodyBytes: record.bytesSent,
    ...defined('routeName', record.route?.name),
    ...defined('userAgent', record.requestHeader('user-agent')),
    ...defined('responseCodeDetails', record.responseCodeDetails),
    ...(record.responseCode === 0 ? {} : { responseCode: record.responseCode }),
  }
}

function tlsFields(tls: TlsInfo): NonNullable<HttpLogEntry['tls']> {
  return {
    version: tls.version === 'TLSv1.3' ? 'TLSv1.3' : 'TLSv1.2',
    ...defined('serverName', tls.sni),
    ...defined('peerUriSans', tls.peer?.uriSans),
    ...(tls.localUriSan === undefined ? {} : { localUriSans: [tls.localUriSan] }),
  }
}

function defined<Key extends string, Value>(key: Key, value: Value | undefined): { readonly [Name in Key]?: Value } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [Name in Key]?: Value })
}
