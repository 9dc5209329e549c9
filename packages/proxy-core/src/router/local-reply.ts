/** Answers that the engine makes itself, with Envoy's texts, flags and details. */
import type { DirectResponseAction } from '@heddle/routing'
import type { ResetReason } from '../codec/stream.js'
import { isBodiless } from '../message/bodiless.js'
import { HeaderBlock } from '../message/header-block.js'
import { responseFlagBits as flag } from '../response-flag.js'
import { grpcStatusOf } from './grpc-status.js'

export interface LocalReply {
  readonly status: number
  readonly body: string
  /** Bits of `responseFlagBits`. */
  readonly flags: number
  readonly details: string
  /** What it has besides. */
  readonly headers?: readonly (readonly [name: string, value: string])[]
  /** For gRPC callers, where the HTTP status does not tell it. */
  readonly grpcStatus?: number
  /** What the route adds to answers stays away from this one. */
  readonly isWhole?: boolean
}

type ReplyName =
  | 'misdirected'
  | 'pathRefused'
  | 'connectRefused'
  | 'noRoute'
  | 'noCluster'
  | 'noEndpoint'
  | 'overflow'
  | 'brokenRequest'
  | 'routeTimeout'
  | 'tryTimeout'
  | 'streamTimeout'
  | 'idle'
  | 'slowBody'
  | 'fault'

const timedOut = { status: 504, body: 'upstream request timeout', flags: flag.UT }

export const localReplies: Readonly<Record<ReplyName, LocalReply>> = {
  pathRefused: { status: 400, body: '', flags: 0, details: 'path_normalization_failed' },
  misdirected: { status: 421, body: '', flags: 0, details: 'misdirected_request' },
  connectRefused: { status: 403, body: '', flags: 0, details: 'upgrade_failed' },
  noRoute: { status: 404, body: '', flags: flag.NR, details: 'route_not_found' },
  noCluster: { status: 503, body: '', flags: flag.NC, details: 'cluster_not_found' },
  noEndpoint: { status: 503, body: 'no healthy upstream', flags: flag.UH, details: 'no_healthy_upstream' },
  overflow: { ...resetReply('overflow', ''), flags: flag.UO, headers: [['x-envoy-overloaded', 'true']] },
  brokenRequest: { status: 400, body: 'Bad Request', flags: flag.DPE, details: 'http1.codec_error' },
  routeTimeout: { ...timedOut, details: 'response_timeout' },
  tryTimeout: { ...timedOut, details: 'upstream_per_try_timeout' },
  idle: { status: 408, body: 'stream timeout', flags: flag.SI, details: 'stream_idle_timeout' },
  fault: { status: 500, body: '', flags: 0, details: 'internal_error' },
  slowBody: { status: 408, body: 'request timeout', flags: flag.SI, details: 'request_body_too_slow' },
  // As Envoy's max_stream_duration; gRPC callers are told DEADLINE_EXCEEDED.
  streamTimeout: { status: 408, body: 'downstream duration timeout', flags: flag.DT, details: 'max_duration_timeout', grpcStatus: 4 },
}

export function redirectReply(status: number, location: string): LocalReply {
  return { status, body: '', flags: 0, details: 'direct_response', headers: [['location', location]] }
}

export function directReply({ status, body }: DirectResponseAction): LocalReply {
  const bytes = body === undefined ? undefined : 'text' in body ? Buffer.from(body.text, 'utf8') : Buffer.from(body.base64, 'base64')
  return { status, body: bytes?.toString('latin1') ?? '', flags: 0, details: 'direct_response' }
}

/** For an upstream that failed before it answered. @param transport what the transport says of it. */
export function failedTryReply(reason: ResetReason | 'per-try-timeout', transport: string): LocalReply {
  if (reason === 'per-try-timeout') return localReplies.tryTimeout
  if (reason === 'protocol-error') return { ...resetReply(reason, transport), status: 502, flags: flag.UPE }
  const connectFailed = reason === 'connection-failure' || reason === 'connection-timeout'
  const wasReset = reason === 'remote-reset' || reason === 'refused-stream'
  return { ...resetReply(reason, transport), flags: connectFailed ? flag.UF : wasReset ? flag.UR : flag.UC }
}

function resetReply(reason: ResetReason, transport: string): LocalReply {
  const texts: Readonly<Record<ResetReason, string>> = {
    'connection-failure': 'remote connection failure',
    'connection-timeout': 'connection timeout',
    'connection-termination': 'connection termination',
    'protocol-error': 'protocol error',
    'local-reset': 'local reset',
    'remote-reset': 'remote reset',
    'refused-stream': 'remote refused stream reset',
    overflow: 'overflow',
  }
  const text = texts[reason]
  const body = `upstream connect error or disconnect/reset before headers. reset reason: ${text}`
  const details = `upstream_reset_before_response_started{${text.replaceAll(' ', '_')}${transport === '' ? '' : `|${transport.replaceAll(' ', '_')}`}}`
  return { status: 503, body: transport === '' ? body : `${body}, transport failure reason: ${transport}`, flags: 0, details }
}

export interface LocalAnswer {
  readonly status: number
  readonly headers: HeaderBlock
  /** What is sent of it: nothing where an answer has no body. */
  readonly body: string
  /** Of the whole body. */
  readonly length: number
}

/** Head and body of a local reply. gRPC callers get status 200 with the error in `grpc-status`. */
export function localReplyHeaders(reply: LocalReply, grpc: boolean, method: string): LocalAnswer {
  const headers = new HeaderBlock()
  if (grpc) {
    headers.append('content-type', 'application/grpc')
    headers.append('grpc-status', String(reply.grpcStatus ?? grpcStatusOf(reply.status)))
    if (reply.body !== '') headers.append('grpc-message', grpcMessage(reply.body))
  } else if (reply.body !== '') headers.append('content-type', 'text/plain')
  if (reply.headers !== undefined) for (const [name, value] of reply.headers) headers.append(name, value)
  if (grpc) return { status: 200, headers, body: '', length: 0 }
  const { status, body } = reply
  return { status, headers, body: isBodiless(status, method) ? '' : body, length: body.length }
}

/** Percent-encoded as gRPC over HTTP/2 has it: all but printable ASCII, and the percent sign. @param latin1 bytes of UTF-8. */
function grpcMessage(latin1: string): string {
  return latin1.replaceAll(/[^ -$&-~]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)
}
