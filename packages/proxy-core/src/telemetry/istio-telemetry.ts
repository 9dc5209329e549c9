/** Istio's telemetry as one `Telemetry`: metrics with both workloads on both sides, access logs, peer metadata and trace headers. */
import type { Clock, Logger, Random } from '@heddle/base'
import type { Cluster, UpstreamTransportSocket } from '@heddle/routing'
import type { DecisionRecord, DownstreamConnection } from '../decision-record.js'
import type { HeaderEdits, Telemetry } from '../telemetry.js'
import { createAccessLogs } from './access-logs.js'
import { createEndsResolver } from './ends.js'
import { istioLabels } from './istio-labels.js'
import { createIstioMetrics } from './istio-metrics.js'
import { createMetricRegistry, type MetricRegistry } from './metric-registry.js'
import type { WorkloadMetadata } from './peer.js'
import { encodePeerMetadata, peerMetadataHeader, peerMetadataIdHeader } from './peer-metadata.js'
import { createTracePropagator } from './trace-context.js'

export interface IstioTelemetryOptions {
  /** Who this proxy is. */
  readonly workload: WorkloadMetadata
  /** The node id, sent as `x-envoy-peer-metadata-id`. */
  readonly nodeId: string
  /** Called with every finished record and its metric labels (one object per series); for shipping them elsewhere. */
  readonly onRecord?: (record: DecisionRecord, labels: Readonly<Record<string, string>>) => void
}

export interface IstioTelemetry extends Telemetry {
  readonly registry: MetricRegistry
  /** Writes out access log lines that wait. */
  flush(): void
  close(): void
}

export function createIstioTelemetry(
  options: IstioTelemetryOptions,
  deps: { readonly clock: Clock; readonly random: Random; readonly logger: Logger },
): IstioTelemetry {
  const { workload, nodeId, onRecord } = options
  const registry = createMetricRegistry()
  const metrics = createIstioMetrics(registry)
  const ends = createEndsResolver(workload)
  const logs = createAccessLogs(deps)
  const traces = createTracePropagator(deps.random)
  const ownMetadata = encodePeerMetadata(workload)
  const meshClusters = new WeakMap<Cluster, boolean>()

  const introduce = (headers: HeaderEdits): void => {
    headers.set(peerMetadataHeader, ownMetadata)
    headers.set(peerMetadataIdHeader, nodeId)
  }
  const leadsIntoMesh = (cluster: Cluster): boolean => {
    let answer = meshClusters.get(cluster)
    if (answer === undefined) meshClusters.set(cluster, (answer = mayUseMeshTls(cluster)))
    return answer
  }

  return {
    registry,
    onRequest(record, headers) {
      const { tracing } = record.manager
      if (tracing !== undefined) traces.propagate(headers, tracing.randomSampling)
      if (record.connection.trafficDirection !== 'inbound' && record.cluster !== undefined && leadsIntoMesh(record.cluster))
        introduce(headers)
    },
    onResponse(record, headers) {
      if (isMeshPeer(record.connection) && record.requestHeader(peerMetadataHeader) !== undefined) introduce(headers)
    },
    onRequestComplete(record) {
      const labels = metrics.request(record, ends.endsOf(record))
      logs.write(record)
      onRecord?.(record, labels)
    },
    onConnectionComplete(record) {
      const both = ends.endsOf(record)
      const labels = record.clusterName === undefined ? undefined : metrics.connection(record, both)
      logs.write(record)
      onRecord?.(record, labels ?? istioLabels(record, both))
    },
    flush: () => logs.flush(),
    close: () => logs.close(),
  }
}

function isMeshPeer({ trafficDirection, tls }: DownstreamConnection): boolean {
  return trafficDirection === 'inbound' && tls?.peer?.spiffeId !== undefined
}

/** Peer metadata never leaves the mesh: it goes only where Istio's mutual TLS may carry it, told by its ALPN. */
function mayUseMeshTls({ transportSocket, transportSocketMatches = [] }: Cluster): boolean {
  const isMesh = (socket: UpstreamTransportSocket): boolean =>
    socket.kind === 'tls' && (socket.tls.common.alpnProtocols ?? []).some((protocol) => protocol.startsWith('istio'))
  return (transportSocket !== undefined && isMesh(transportSocket)) || transportSocketMatches.some((match) => isMesh(match.transportSocket))
}
