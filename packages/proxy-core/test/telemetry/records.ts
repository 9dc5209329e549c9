/** Decision records by hand, in the shape in which the engine hands them over. */
import type { Cluster, LbEndpoint } from '@heddle/routing'
import type {
  ConnectionRecord,
  DownstreamConnection,
  PeerIdentity,
  RequestRecord,
  TlsInfo,
  UpstreamConnectionInfo,
} from '../../src/decision-record.js'
import type { HeaderEdits } from '../../src/telemetry.js'

export type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] }

export function mutualTls(spiffeId: string | undefined, localUriSan = 'spiffe://cluster.local/ns/default/sa/self'): TlsInfo {
  const peer: PeerIdentity = {
    spiffeId,
    uriSans: spiffeId === undefined ? [] : [spiffeId],
    dnsSans: [],
    subject: '',
    fingerprint: 'aa',
    serialNumber: '01',
    notAfterMs: 0,
    der: new Uint8Array(0),
  }
  return { version: 'TLSv1.3', cipherSuite: 'TLS_AES_128_GCM_SHA256', alpn: 'istio', sni: 'a.example', peer, localUriSan }
}

export function connection(more: Partial<DownstreamConnection> = {}): Mutable<DownstreamConnection> {
  return {
    id: 7,
    listener: { name: 'l', address: { address: '0.0.0.0', port: 15_001 }, trafficDirection: 'outbound', filterChains: [] },
    trafficDirection: 'outbound',
    filterChain: undefined,
    remoteAddress: '127.1.0.2',
    remotePort: 40_000,
    localAddress: '127.1.128.1',
    localPort: 80,
    tls: undefined,
    requestedServerName: undefined,
    startWallMs: 0,
    startMs: 0,
    telemetryState: undefined,
    ...more,
  }
}

export function upstreamConnection(more: Partial<UpstreamConnectionInfo> = {}): Mutable<UpstreamConnectionInfo> {
  return {
    remoteAddress: '127.1.0.3',
    remotePort: 8080,
    localAddress: '127.1.0.2',
    localPort: 40_001,
    tls: undefined,
    requestCount: 1,
    telemetryState: undefined,
    ...more,
  }
}

export const reviews: Cluster = {
  name: 'outbound|80||reviews.default.svc.cluster.local',
  type: 'EDS',
  metadata: { istio: { services: [{ host: 'reviews.default.svc.cluster.local', name: 'reviews', namespace: 'default' }] } },
}

export const reviewsEndpoint: LbEndpoint = {
  address: { address: '127.1.0.3', port: 8080 },
  metadata: { istio: { workload: 'reviews-v1;default;reviews;v1;Kubernetes' } },
}

interface Headers {
  readonly request?: Readonly<Record<string, string>>
  readonly response?: Readonly<Record<string, string>>
}

export function requestRecord(more: Partial<RequestRecord> = {}, headers: Headers = {}): Mutable<RequestRecord> {
  return {
    kind: 'request',
    manager: { statPrefix: 'test', routes: { kind: 'rds', routeConfigName: '80' }, httpFilters: [{ kind: 'router' }] },
    protocol: 'HTTP/1.1',
    method: 'GET',
    path: '/a?b=c',
    upstreamPath: '/a?b=c',
    authority: 'reviews',
    scheme: 'http',
    clientAddress: (more.connection ?? connection()).remoteAddress,
    requestId: '11111111-2222-4333-8444-555555555555',
    virtualHost: undefined,
    route: undefined,
    weightedCluster: undefined,
    responseCode: 200,
    attempts: [],
    upstreamServiceTimeMs: 3.6,
    requestDurationMs: 0.4,
    responseDurationMs: 4.2,
    grpcStatus: undefined,
    requestHeader: (name) => headers.request?.[name],
    responseHeader: (name) => headers.response?.[name],
    connection: connection(),
    accessLog: [],
    startWallMs: Date.UTC(2026, 0, 2, 3, 4, 5, 67),
    durationMs: 4.6,
    responseFlags: 0,
    responseCodeDetails: 'via_upstream',
    connectionTerminationDetails: undefined,
    upstreamTransportFailureReason: undefined,
    clusterName: reviews.name,
    cluster: reviews,
    endpoint: reviewsEndpoint,
    upstream: upstreamConnection(),
    upstreamHost: '127.1.0.3:8080',
    bytesReceived: 12,
    bytesSent: 345,
    telemetryState: undefined,
    ...more,
  }
}

export function connectionRecord(more: Partial<ConnectionRecord> = {}): ConnectionRecord {
  return {
    kind: 'connection',
    statPrefix: 'test',
    connection: connection(),
    accessLog: [],
    startWallMs: 0,
    durationMs: 10,
    responseFlags: 0,
    responseCodeDetails: undefined,
    connectionTerminationDetails: undefined,
    upstreamTransportFailureReason: undefined,
    clusterName: reviews.name,
    cluster: reviews,
    endpoint: reviewsEndpoint,
    upstream: upstreamConnection(),
    upstreamHost: '127.1.0.3:8080',
    bytesReceived: 1000,
    bytesSent: 2000,
    telemetryState: undefined,
    ...more,
  }
}

export function headerEdits(initial: Readonly<Record<string, string>> = {}): HeaderEdits & { readonly all: Map<string, string> } {
  const all = new Map(Object.entries(initial))
  return {
    all,
    get: (name) => all.get(name),
    set: (name, value) => void all.set(name.toLowerCase(), value),
    remove: (name) => void all.delete(name.toLowerCase()),
  }
}
