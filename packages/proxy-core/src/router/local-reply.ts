/** Answers that the engine makes itself, with Envoy's texts and details. */
import { HeaderBlock } from '../message/header-block.js'
import { grpcStatusOf } from './grpc-status.js'

export interface LocalReply {
  readonly status: number
  readonly body: string
  /** Bits of `responseFlagBits`. */
  readonly flags: number
  readonly details: string
}

/** Head of a local reply. gRPC callers get status 200 with the error in `grpc-status`. */
export function localReplyHeaders(
  reply: LocalReply,
  grpc: boolean,
): { readonly status: number; readonly headers: HeaderBlock; readonly body: string } {
  const headers = new HeaderBlock()
  if (grpc) {
    headers.append('content-type', 'application/grpc')
    headers.append('grpc-status', String(grpcStatusOf(reply.status)))
    if (reply.body !== '') headers.append('grpc-message', encodeURI(reply.body))
    return { status: 200, headers, body: '' }
  }
  if (reply.body !== '') headers.append('content-type', 'text/plain')
  return { status: reply.status, headers, body: reply.body }
}

const resetTexts: Readonly<Record<string, string>> = {
  'connection-failure': 'remote connection failure',
  'connection-timeout': 'connection timeout',
  'connection-termination': 'connection termination',
  'protocol-error': 'protocol error',
  'local-reset': 'local reset',
  overflow: 'overflow',
}

/** Envoy's body and details for an upstream that failed before it answered. */
export function resetTextsOf(reason: string, transport: string): { readonly body: string; readonly details: string } {
  const text = resetTexts[reason] ?? reason
  const body = `upstream connect error or disconnect/reset before headers. reset reason: ${text}`
  const details = `upstream_reset_before_response_started{${text.replaceAll(' ', '_')}${transport === '' ? '' : `|${transport.replaceAll(' ', '_')}`}}`
  return { body: transport === '' ? body : `${body}, transport failure reason: ${transport}`, details }
}
