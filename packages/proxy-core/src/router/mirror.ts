/**
 * Copies of requests for other clusters (Envoy's request_mirror_policies): sent when the whole request is here, with
 * `-shadow` at the host's name, and whatever comes of them is dropped. The request itself neither waits for its copies nor
 * learns of their fate.
 */
import { type FractionalPercent, isSampled, type MirrorPolicy } from '@heddle/routing'
import type { Random } from '@heddle/base'
import type { ClusterRuntime } from '../cluster/cluster-runtime.js'
import type { RequestHead, ResetReason, ResponseEvents, UpstreamStream } from '../codec/stream.js'
import type { DeadlineEntry } from '../deadline-queue.js'
import type { DownstreamConnection, RequestRecord } from '../decision-record.js'
import type { Endpoint } from '../endpoint/endpoint.js'
import type { StreamWaiter } from '../endpoint/http-pool.js'
import { HeaderBlock } from '../message/header-block.js'
import type { ExchangeDeps, ManagerRuntime } from './exchange-deps.js'

/** Mirrored requests of the whole proxy at the same time, and what of their bodies is kept for them; beyond, none is mirrored. */
const maxMirrors = 1024
const maxMirroredBytes = 67_108_864
/** For copies of requests whose route has no timeout. */
const longestMirrorMs = 300_000

/** What is under way, of the whole proxy. */
export interface MirrorLoad {
  count: number
  bytes: number
}

/** One request, whole. */
export interface MirroredRequest {
  readonly record: RequestRecord
  readonly head: RequestHead
  readonly manager: ManagerRuntime
  /** Of its body, in order. */
  readonly pieces: readonly Buffer[]
  readonly trailers: HeaderBlock | undefined
  /** Of the route; 0: none. */
  readonly timeoutMs: number
}

const whole: FractionalPercent = { numerator: 100, denominator: 'HUNDRED' }

/** Which of a route's mirrors get a copy of this request; undefined: none. */
export function drawMirrors(policies: readonly MirrorPolicy[], random: Random): readonly MirrorPolicy[] | undefined {
  const drawn = policies.filter(({ fraction = whole }) => isSampled(fraction, random.next()))
  return drawn.length === 0 ? undefined : drawn
}

export function sendMirrors(policies: readonly MirrorPolicy[], request: MirroredRequest, deps: ExchangeDeps): void {
  const bytes = request.pieces.reduce((sum, piece) => sum + piece.length, 0)
  for (const policy of policies) {
    const cluster = deps.cluster(policy.cluster)
    const { mirrors } = deps
    if (cluster === undefined || mirrors.count >= maxMirrors || mirrors.bytes + bytes > maxMirroredBytes) continue
    if (cluster.activeRequests >= cluster.maxRequests) {
      cluster.overflows++
      continue
    }
    const endpoint = deps.pickEndpoint(cluster, request.record.connection, undefined)
    if (endpoint !== undefined) new Mirror(policy, request, bytes, cluster, endpoint, deps).start()
  }
}

class Mirror implements StreamWaiter, ResponseEvents, DeadlineEntry {
  readonly #request: MirroredRequest
  readonly #deps: ExchangeDeps
  readonly #cluster: ClusterRuntime
  readonly #endpoint: Endpoint
  readonly #headers: HeaderBlock
  readonly #method: string
  readonly #path: string
  readonly #length: number
  readonly #bytes: number
  #stream: UpstreamStream | undefined
  #waiting = false
  #done = false
  heapIndex = -1
  dueMs = 0
  deadlineMs = 0

  constructor(
    policy: MirrorPolicy,
    request: MirroredRequest,
    bytes: number,
    cluster: ClusterRuntime,
    endpoint: Endpoint,
    deps: ExchangeDeps,
  ) {
    this.#request = request
    this.#deps = deps
    this.#cluster = cluster
    this.#endpoint = endpoint
    this.#bytes = bytes
    // The head is reused for the connection's next request, which may come before this one has a connection.
    this.#headers = mirroredHeaders(policy, request)
    this.#method = request.record.method
    this.#path = request.record.upstreamPath
    this.#length = request.head.bodyLength
  }

  get connection(): DownstreamConnection {
    return this.#request.record.connection
  }
  get upstreamAuthority(): string {
    return this.#headers.get('host') ?? ''
  }

  start(): void {
    const { deadlines, clock, mirrors } = this.#deps
    mirrors.count++
    mirrors.bytes += this.#bytes
    this.#cluster.activeRequests++
    this.#endpoint.activeRequests++
    this.#endpoint.requests++
    deadlines.set(this, clock.monotonicMs() + (this.#request.timeoutMs || longestMirrorMs))
    this.#waiting = true
    const stream = this.#deps.acquireStream(this.#cluster, this.#endpoint, this.#request.manager, this, false)
    if (stream !== undefined) this.onStreamReady(stream)
  }

  onStreamReady(stream: UpstreamStream): void {
    this.#waiting = false
    if (this.#done) return stream.reset()
    this.#stream = stream
    this.#cluster.connected(this.#endpoint, false)
    stream.sendHead(this.#method, this.#path, this.#headers, this.#length, '', this)
    for (const piece of this.#request.pieces) stream.sendBody(piece, 0, piece.length)
    stream.sendEnd(this.#request.trailers)
    stream.flush()
  }

  onStreamFailed(reason: 'connection-failure' | 'connection-timeout' | 'overflow'): void {
    this.#waiting = false
    if (reason !== 'overflow') this.#cluster.failedLocally(this.#endpoint, reason === 'connection-timeout' ? 504 : 503)
    this.#end()
  }

  onResponseHead(status: number): void {
    this.#cluster.answered(this.#endpoint, status)
  }
  onResponseEnd(): void {
    this.#stream = undefined
    this.#end()
  }
  onUpstreamReset(reason: ResetReason): void {
    this.#stream = undefined
    if (reason !== 'local-reset') this.#cluster.failedLocally(this.#endpoint, 503)
    this.#end()
  }
  onDeadline(): void {
    this.#end()
  }

  onInformational(): void {}
  onResponseBody(): void {}
  onUpgraded(): void {
    this.#end()
  }
  onTunnelResponse(): void {}
  onTunnelResponseEnd(): void {}
  onUpstreamDrain(): void {}
  flushDownstream(): void {}

  #end(): void {
    if (this.#done) return
    this.#done = true
    const { deadlines, mirrors } = this.#deps
    deadlines.remove(this)
    mirrors.count--
    mirrors.bytes -= this.#bytes
    this.#cluster.activeRequests--
    this.#endpoint.activeRequests--
    if (this.#waiting) this.#deps.cancelStream(this.#endpoint, this)
    const stream = this.#stream
    this.#stream = undefined
    stream?.reset()
  }
}

/** As Envoy's own requests go out: internal, from this proxy, and to be told from the original by the host. */
function mirroredHeaders(policy: MirrorPolicy, { head, record }: MirroredRequest): HeaderBlock {
  const headers = new HeaderBlock()
  for (const [name, value] of head.headers.entries()) headers.append(name, value)
  headers.remove('expect')
  const host = headers.get('host') ?? ''
  if (policy.disableShadowHostSuffixAppend !== true) headers.set('host', shadowHost(host))
  headers.set('x-envoy-internal', 'true')
  const { localAddress } = record.connection
  const forwardedFor = headers.get('x-forwarded-for')
  headers.set('x-forwarded-for', forwardedFor === undefined ? localAddress : `${forwardedFor},${localAddress}`)
  if (policy.traceSampled === false) markUnsampled(headers)
  return headers
}

function shadowHost(host: string): string {
  const port = /:\d+$/.exec(host)?.[0] ?? ''
  return `${host.slice(0, host.length - port.length)}-shadow${port}`
}

function markUnsampled(headers: HeaderBlock): void {
  if (headers.has('x-b3-sampled')) headers.set('x-b3-sampled', '0')
  const parent = headers.get('traceparent')
  if (parent !== undefined) headers.set('traceparent', parent.replace(/-[0-9a-f]{2}$/, '-00'))
}
