/**
 * What is known of a request on its way: its decision record, and what routes, hash policies and header formats ask of it.
 * The fields that telemetry reads are the ones that the request is served with; `Exchange` writes them as it goes.
 */
import type { AccessLog, Cluster, LbEndpoint, Route, RouteRequest, VirtualHost, WeightedCluster } from '@heddle/routing'
import type { ClusterRuntime } from '../cluster/cluster-runtime.js'
import type { RequestHead } from '../codec/stream.js'
import type { AttemptRecord, DownstreamConnection, RequestRecord, UpstreamConnectionInfo } from '../decision-record.js'
import type { Endpoint } from '../endpoint/endpoint.js'
import { clientAddress } from '../filters/client-address.js'
import type { HeaderBlock } from '../message/header-block.js'
import type { ExchangeDeps, ManagerRuntime } from './exchange-deps.js'
import { httpStatusOf } from './grpc-status.js'
import type { HashedRequest } from './request-hash.js'

export interface Attempt extends AttemptRecord {
  status: number | undefined
  failure: string | undefined
}

export class ExchangeRecord implements RequestRecord, RouteRequest, HashedRequest {
  readonly kind = 'request'
  protected readonly deps: ExchangeDeps
  protected readonly runtime: ManagerRuntime
  readonly #head: RequestHead
  readonly connection: DownstreamConnection
  readonly method: string
  readonly path: string
  readonly authority: string
  readonly protocol: 'HTTP/1.0' | 'HTTP/1.1' | 'HTTP/2'
  readonly startWallMs: number
  protected readonly startMs: number
  /** 0: not over. */
  protected endMs = 0
  upstreamPath: string
  requestId = ''
  telemetryState: unknown = undefined
  virtualHost: VirtualHost | undefined = undefined
  route: Route | undefined = undefined
  weightedCluster: WeightedCluster | undefined = undefined
  clusterName: string | undefined = undefined
  responseCode = 0
  responseFlags = 0
  responseCodeDetails: string | undefined = undefined
  connectionTerminationDetails: string | undefined = undefined
  upstreamTransportFailureReason: string | undefined = undefined
  bytesReceived = 0
  bytesSent = 0
  upstreamServiceTimeMs: number | undefined = undefined
  requestDurationMs: number | undefined = undefined
  responseDurationMs: number | undefined = undefined
  readonly attempts: Attempt[] = []
  upstream: UpstreamConnectionInfo | undefined = undefined
  protected clusterRuntime: ClusterRuntime | undefined
  protected chosenEndpoint: Endpoint | undefined
  protected responseHeaders: HeaderBlock | undefined
  protected responseTrailers: HeaderBlock | undefined
  /** `set-cookie` values that the answer will carry. */
  protected newCookies: string[] | undefined

  constructor(deps: ExchangeDeps, runtime: ManagerRuntime, connection: DownstreamConnection, head: RequestHead) {
    this.deps = deps
    this.runtime = runtime
    this.#head = head
    this.connection = connection
    this.method = head.method
    this.path = head.path
    this.authority = head.authority
    this.protocol = head.protocol
    this.upstreamPath = head.path
    this.startWallMs = deps.clock.now()
    this.startMs = deps.clock.monotonicMs()
  }

  /** Of the request as it goes upstream. */
  get upstreamAuthority(): string {
    return this.#head.headers.get('host') ?? ''
  }
  get manager(): ManagerRuntime['config'] {
    return this.runtime.config
  }
  get accessLog(): readonly AccessLog[] {
    return this.runtime.config.accessLog ?? []
  }
  get scheme(): 'http' | 'https' {
    // Where a stranger's header would not be trusted it has been overwritten.
    const forwarded = this.header('x-forwarded-proto')
    if (forwarded === 'http' || forwarded === 'https') return forwarded
    return this.connection.tls === undefined ? 'http' : 'https'
  }
  get clientAddress(): string {
    const { headers } = this.#head
    const forwardedFor = headers.get('x-forwarded-for') ?? headers.firstOrOriginal('x-forwarded-for')
    return clientAddress(forwardedFor, this.runtime.config, this.connection)
  }
  get isGrpc(): boolean {
    return this.header('content-type')?.startsWith('application/grpc') === true
  }
  get durationMs(): number {
    return (this.endMs || this.deps.clock.monotonicMs()) - this.startMs
  }
  get cluster(): Cluster | undefined {
    return this.clusterRuntime?.config
  }
  get endpoint(): LbEndpoint | undefined {
    return this.chosenEndpoint?.config
  }
  get upstreamHost(): string | undefined {
    return this.chosenEndpoint?.key
  }
  get grpcStatus(): string | undefined {
    return this.responseTrailers?.first('grpc-status') ?? this.responseHeaders?.first('grpc-status')
  }
  requestHeader(name: string): string | undefined {
    return headerOf(this.#head.headers, name)
  }
  responseHeader(name: string): string | undefined {
    return this.responseHeaders && headerOf(this.responseHeaders, name)
  }
  header(name: string): string | undefined {
    return this.#head.headers.get(name)
  }
  /** For outlier detection a gRPC answer that is all head counts by its gRPC status; one in trailers is not looked at, as in Envoy. */
  protected observeAnswer(status: number, headers: HeaderBlock): void {
    const cluster = this.clusterRuntime as ClusterRuntime
    const grpcStatus = cluster.detectsOutliers && this.isGrpc ? headers.first('grpc-status') : undefined
    cluster.answered(this.chosenEndpoint as Endpoint, grpcStatus === undefined ? status : httpStatusOf(grpcStatus))
  }
  protected observeFailure(status: 503 | 504): void {
    if (this.chosenEndpoint !== undefined) this.clusterRuntime?.failedLocally(this.chosenEndpoint, status)
  }
  setCookie(text: string): void {
    this.newCookies ??= []
    this.newCookies.push(text)
  }
}

/** As it stands now; what a peer's proxy told about itself never stays in a head, but telemetry still reads it. */
function headerOf(headers: HeaderBlock, name: string): string | undefined {
  return name === 'x-envoy-peer-metadata' || name === 'x-envoy-peer-metadata-id' ? headers.firstOrOriginal(name) : headers.first(name)
}
