/**
 * What the engine decided about one request or one connection, and what became of it: the source of the access log, the
 * metrics, traces and `explain`. Records are the engine's own live objects: read them inside the hook that hands them
 * over and keep copies of fields, never the object.
 */
import type {
  AccessLog,
  Cluster,
  FilterChain,
  HttpConnectionManager,
  LbEndpoint,
  Listener,
  Route,
  TrafficDirection,
  VirtualHost,
  WeightedCluster,
} from '@heddle/routing'

/** The certificate that a peer showed and the engine verified. */
export interface PeerIdentity {
  /** The one URI SAN that is a SPIFFE id, or undefined (a certificate of an edge client, say). */
  readonly spiffeId: string | undefined
  readonly uriSans: readonly string[]
  readonly dnsSans: readonly string[]
  /** RFC 2253 form; empty for SVIDs. */
  readonly subject: string
  /** SHA-256 of the DER, lower-case hex. */
  readonly fingerprint: string
  readonly serialNumber: string
  readonly notAfterMs: number
  /** The leaf's DER. */
  readonly der: Uint8Array
}

export interface TlsInfo {
  /** Such as `TLSv1.3`. */
  readonly version: string
  readonly cipherSuite: string
  /** Undefined when none was agreed. */
  readonly alpn: string | undefined
  readonly sni: string | undefined
  /** Undefined without a peer certificate. */
  readonly peer: PeerIdentity | undefined
  /** The SPIFFE id (first URI SAN) of the certificate that this side showed. */
  readonly localUriSan: string | undefined
}

/** One accepted connection. */
export interface DownstreamConnection {
  readonly id: number
  readonly listener: Listener
  readonly trafficDirection: TrafficDirection
  /** Undefined until, or when no, chain matched. */
  readonly filterChain: FilterChain | undefined
  /** The socket's peer. */
  readonly remoteAddress: string
  readonly remotePort: number
  /** The original destination: what the client meant to reach, as Envoy's downstream local address. */
  readonly localAddress: string
  readonly localPort: number
  /** Undefined for plaintext. */
  readonly tls: TlsInfo | undefined
  /** SNI as sniffed or agreed. */
  readonly requestedServerName: string | undefined
  readonly startWallMs: number
  readonly startMs: number
  /** Free for the telemetry (the peer's parsed metadata, say); lives as long as the connection. */
  telemetryState: unknown
}

/** One connection towards an endpoint. */
export interface UpstreamConnectionInfo {
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localAddress: string
  readonly localPort: number
  readonly tls: TlsInfo | undefined
  /** Requests that it carried, this one included. */
  readonly requestCount: number
  telemetryState: unknown
}

/** One try of a request at one endpoint. */
export interface AttemptRecord {
  /** `ADDRESS:PORT` of the endpoint; undefined when none could be chosen. */
  readonly host: string | undefined
  readonly startMs: number
  /** Undefined: it never answered. */
  readonly status: number | undefined
  /** `connect-failure`, `connection-termination`, `per-try-timeout`, `overflow`...; undefined: it answered. */
  readonly failure: string | undefined
}

interface CommonRecord {
  readonly connection: DownstreamConnection
  readonly accessLog: readonly AccessLog[]
  /** Milliseconds since the Unix epoch. */
  readonly startWallMs: number
  readonly durationMs: number
  /** Bits of `responseFlagBits`; `responseFlagsOf` names them. */
  readonly responseFlags: number
  readonly responseCodeDetails: string | undefined
  readonly connectionTerminationDetails: string | undefined
  readonly upstreamTransportFailureReason: string | undefined
  /** The cluster's name as chosen, also when there is no such cluster. */
  readonly clusterName: string | undefined
  readonly cluster: Cluster | undefined
  readonly endpoint: LbEndpoint | undefined
  /** Undefined when no connection was made. */
  readonly upstream: UpstreamConnectionInfo | undefined
  /** `ADDRESS:PORT` of the endpoint of the last attempt. */
  readonly upstreamHost: string | undefined
  /** Downstream body (requests) or payload (connections) bytes. */
  readonly bytesReceived: number
  readonly bytesSent: number
  /** Free for the telemetry; lives as long as the request. */
  telemetryState: unknown
}

export interface RequestRecord extends CommonRecord {
  readonly kind: 'request'
  readonly manager: HttpConnectionManager
  readonly protocol: 'HTTP/1.0' | 'HTTP/1.1' | 'HTTP/2'
  /** Empty when the head could not be read. */
  readonly method: string
  /** As it came, with query. */
  readonly path: string
  /** After rewriting. */
  readonly upstreamPath: string
  readonly authority: string
  /** How the client came, as `x-forwarded-proto` tells it where that is trusted. */
  readonly scheme: 'http' | 'https'
  /** The client as `x-forwarded-for` tells it where that is trusted; else the socket's peer. */
  readonly clientAddress: string
  readonly requestId: string
  readonly virtualHost: VirtualHost | undefined
  readonly route: Route | undefined
  readonly weightedCluster: WeightedCluster | undefined
  /** 0: the client went away before a status was sent. */
  readonly responseCode: number
  readonly attempts: readonly AttemptRecord[]
  /** From the last byte of the request sent upstream to the first byte of the answer; undefined without an answer. */
  readonly upstreamServiceTimeMs: number | undefined
  /** Milliseconds from the start to the last byte of the request, and to the first byte of the upstream's answer. */
  readonly requestDurationMs: number | undefined
  readonly responseDurationMs: number | undefined
  /** From the answer's head or trailers; undefined when the exchange is not gRPC. */
  readonly grpcStatus: string | undefined
  /** Of the request as it came, first value; the name in lower case. */
  requestHeader(name: string): string | undefined
  /** Of the answer as the upstream sent it (or of the local reply). */
  responseHeader(name: string): string | undefined
}

/** A connection that carried opaque bytes, or ended before any chain took it. */
export interface ConnectionRecord extends CommonRecord {
  readonly kind: 'connection'
  /** Undefined when no filter chain matched or the handshake failed. */
  readonly statPrefix: string | undefined
}

export type DecisionRecord = RequestRecord | ConnectionRecord
