/**
 * Istio's telemetry as one `Telemetry`: metrics with both workloads on both sides, access logs, peer metadata and trace
 * headers. Who is at the other end comes from the peer's own headers over mutual TLS, else from the endpoint's metadata,
 * else from its certificate.
 */
import { type Clock, type Logger, messageOf, type Random } from '@heddle/base'
import type { AccessLog } from '@heddle/routing'
import type { ConnectionRecord, DecisionRecord, DownstreamConnection, RequestRecord } from '../decision-record.js'
import { responseFlagsOf } from '../response-flag.js'
import type { HeaderEdits, Telemetry } from '../telemetry.js'
import { compileAccessLogFormat, type RecordFormatter } from './access-log-format.js'
import { type AccessLogWriter, createAccessLogWriter } from './access-log-writer.js'
import { createIstioMetrics, type Ends } from './istio-metrics.js'
import { createMetricRegistry, type MetricRegistry } from './metric-registry.js'
import { createPeerTable, type Peer, peerOfEndpoint, peerOfPrincipal, peerOfWorkload, unknownValue, type WorkloadMetadata } from './peer.js'
import { decodePeerMetadata, encodePeerMetadata, peerMetadataHeader, peerMetadataIdHeader } from './peer-metadata.js'
import { propagateTrace } from './trace-context.js'

export interface IstioTelemetryOptions {
  /** Who this proxy is. */
  readonly workload: WorkloadMetadata
  /** The node id, sent as `x-envoy-peer-metadata-id`. */
  readonly nodeId: string
  /** Called with every finished record and its metric labels; for shipping them elsewhere. */
  readonly onRecord?: (record: DecisionRecord, labels: Readonly<Record<string, string>>) => void
}

export interface IstioTelemetry extends Telemetry {
  readonly registry: MetricRegistry
  /** Writes out access log lines that wait. */
  flush(): void
  close(): void
}

/** What a connection's peer said last; the same bytes mean the same peer. */
interface PeerMemory {
  readonly header: string
  readonly peer: Peer
}

export function createIstioTelemetry(
  options: IstioTelemetryOptions,
  deps: { readonly clock: Clock; readonly random: Random; readonly logger: Logger },
): IstioTelemetry {
  const { workload, nodeId } = options
  const registry = createMetricRegistry()
  const metrics = createIstioMetrics(registry)
  const peers = createPeerTable()
  const logs = createAccessLogs(deps)
  const ownMetadata = encodePeerMetadata(workload)
  const selfByPrincipal = new Map<string, Peer>()

  const self = (principal: string): Peer => {
    let peer = selfByPrincipal.get(principal)
    if (!peer) selfByPrincipal.set(principal, (peer = peers.intern(peerOfWorkload(workload, principal))))
    return peer
  }

  const remembered = (holder: { telemetryState: unknown }, header: string | undefined, principal: string, otherwise: () => Peer): Peer => {
    const memory = holder.telemetryState as PeerMemory | undefined
    const key = header ?? ''
    if (memory && memory.header === key) return memory.peer
    const peer = peers.intern((header === undefined ? undefined : decodePeerMetadata(header, principal)) ?? otherwise())
    holder.telemetryState = { header: key, peer } satisfies PeerMemory
    return peer
  }

  const endsOf = (record: DecisionRecord): Ends => {
    const { connection, upstream, endpoint } = record
    const isMutualTls = connection.tls?.peer?.spiffeId !== undefined
    if (connection.trafficDirection === 'inbound') {
      const principal = connection.tls?.peer?.spiffeId ?? unknownValue
      // Only a peer of the mesh may say who it is.
      const header = isMutualTls && record.kind === 'request' ? record.requestHeader(peerMetadataHeader) : undefined
      const source = remembered(connection, header, principal, () => peerOfPrincipal(principal))
      return { reporter: 'destination', source, destination: self(connection.tls?.localUriSan ?? unknownValue), isMutualTls }
    }
    const principal = upstream?.tls?.peer?.spiffeId ?? unknownValue
    const header = upstream?.tls?.peer && record.kind === 'request' ? record.responseHeader(peerMetadataHeader) : undefined
    const destination = upstream
      ? remembered(upstream, header, principal, () => peerOfEndpoint(endpoint, principal))
      : peers.intern(peerOfEndpoint(endpoint, principal))
    return { reporter: 'source', source: self(upstream?.tls?.localUriSan ?? unknownValue), destination, isMutualTls }
  }

  const complete = (record: DecisionRecord, ends: Ends): void => {
    logs.write(record)
    options.onRecord?.(record, metrics.labelsOf(record, ends))
  }

  return {
    registry,
    onRequest(record, headers) {
      propagateTrace(headers, deps.random, record.manager.tracing?.randomSampling ?? 0)
      if (record.connection.trafficDirection === 'inbound') return
      headers.set(peerMetadataHeader, ownMetadata)
      headers.set(peerMetadataIdHeader, nodeId)
    },
    onResponse(record, headers) {
      if (!isMeshPeer(record.connection) || record.requestHeader(peerMetadataHeader) === undefined) return
      headers.set(peerMetadataHeader, ownMetadata)
      headers.set(peerMetadataIdHeader, nodeId)
    },
    onRequestComplete(record: RequestRecord) {
      const ends = endsOf(record)
      metrics.request(record, ends)
      complete(record, ends)
    },
    onConnectionComplete(record: ConnectionRecord) {
      const ends = endsOf(record)
      if (record.clusterName !== undefined) metrics.connection(record, ends)
      complete(record, ends)
    },
    flush: () => logs.flush(),
    close: () => logs.close(),
  }
}

function isMeshPeer({ trafficDirection, tls }: DownstreamConnection): boolean {
  return trafficDirection === 'inbound' && tls?.peer?.spiffeId !== undefined
}

interface AccessLogs {
  write(record: DecisionRecord): void
  flush(): void
  close(): void
}

interface CompiledLog {
  readonly format: RecordFormatter
  readonly writer: AccessLogWriter
  readonly flags: ReadonlySet<string> | undefined
}

/** One compiled log per configured one, one writer per path. */
function createAccessLogs({ clock, logger }: { readonly clock: Clock; readonly logger: Logger }): AccessLogs {
  const compiled = new WeakMap<AccessLog, CompiledLog | { readonly isBroken: true }>()
  const writers = new Map<string, AccessLogWriter>()

  const compile = (log: AccessLog): CompiledLog | { readonly isBroken: true } => {
    const { sink } = log
    if (sink.kind !== 'file') return { isBroken: true }
    try {
      const writer = writers.get(sink.path) ?? createAccessLogWriter({ path: sink.path }, clock)
      writers.set(sink.path, writer)
      return { format: compileAccessLogFormat(sink.format), writer, flags: log.responseFlags && new Set(log.responseFlags) }
    } catch (error) {
      logger.error('an access log cannot be written', { path: sink.path, error: messageOf(error) })
      return { isBroken: true }
    }
  }

  return {
    write(record) {
      for (const log of record.accessLog) {
        let entry = compiled.get(log)
        if (!entry) compiled.set(log, (entry = compile(log)))
        if ('isBroken' in entry) continue
        if (entry.flags && !responseFlagsOf(record.responseFlags).some((flag) => (entry as CompiledLog).flags?.has(flag))) continue
        entry.writer.write(entry.format(record))
      }
    },
    flush: () => writers.forEach((writer) => writer.flush()),
    close: () => writers.forEach((writer) => writer.close()),
  }
}
