/**
 * What the connection manager does to a request's head before it is routed (Envoy's conn_manager_utility): who the client
 * is (`x-forwarded-for`), how it came (`x-forwarded-proto`), which certificate it showed (XFCC), and the request's id.
 * At an edge nothing that a stranger wrote into these is believed.
 */
import type { Random } from '@heddle/base'
import type { ClientCertDetails, HttpConnectionManager } from '@heddle/routing'
import type { HeaderBlock } from '../message/header-block.js'
import { UuidPool } from '../message/uuid-pool.js'
import { wireText } from '../message/wire-text.js'
import type { DownstreamConnection, PeerIdentity, TlsInfo } from '../decision-record.js'

/** Headers by which outsiders could steer the proxies or the application behind; they count only from inside. */
const internalOnly: ReadonlySet<string> = new Set([
  'x-envoy-retry-on',
  'x-envoy-retry-grpc-on',
  'x-envoy-max-retries',
  'x-envoy-retriable-status-codes',
  'x-envoy-retriable-header-names',
  'x-envoy-upstream-rq-timeout-ms',
  'x-envoy-upstream-rq-per-try-timeout-ms',
  'x-envoy-upstream-rq-timeout-alt-response',
  'x-envoy-expected-rq-timeout-ms',
  'x-envoy-force-trace',
  'x-envoy-ip-tags',
  'x-envoy-decorator-operation',
  'x-envoy-downstream-service-cluster',
  'x-envoy-downstream-service-node',
  'x-envoy-external-address',
  'x-envoy-attempt-count',
  'x-envoy-original-path',
  'x-envoy-original-url',
  'x-envoy-upstream-alt-stat-name',
  'x-envoy-hedge-on-per-try-timeout',
  'x-original-path',
  'x-original-url',
  'x-rewrite-url',
])

/** @returns the request's id. */
export function prepareRequestHeaders(
  headers: HeaderBlock,
  manager: HttpConnectionManager,
  connection: DownstreamConnection,
  ids: RequestIds,
): string {
  const scheme = connection.tls === undefined ? 'http' : 'https'
  const edge = manager.useRemoteAddress === true
  if (edge) {
    const chain = headers.get('x-forwarded-for')
    headers.set('x-forwarded-for', chain === undefined ? connection.remoteAddress : `${chain},${connection.remoteAddress}`)
    if ((manager.xffNumTrustedHops ?? 0) === 0 || !headers.has('x-forwarded-proto')) headers.set('x-forwarded-proto', scheme)
    headers.removeExtensions(internalOnly)
  } else if (!headers.has('x-forwarded-proto')) headers.append('x-forwarded-proto', scheme)
  headers.remove('x-envoy-internal')
  forwardClientCertificate(headers, manager, connection)
  const known = edge ? undefined : headers.first('x-request-id')
  if (known !== undefined && known !== '') return known
  const id = ids.next()
  headers.set('x-request-id', id)
  return id
}

function forwardClientCertificate(headers: HeaderBlock, manager: HttpConnectionManager, connection: DownstreamConnection): void {
  const mode = manager.forwardClientCertDetails ?? 'SANITIZE'
  const tls = connection.tls
  if (mode === 'ALWAYS_FORWARD_ONLY') return
  if (tls?.peer === undefined || mode === 'SANITIZE') return headers.remove('x-forwarded-client-cert')
  if (mode === 'FORWARD_ONLY') return
  const before = mode === 'APPEND_FORWARD' ? headers.get('x-forwarded-client-cert') : undefined
  const element = elementOf(tls, tls.peer, manager.setCurrentClientCertDetails)
  headers.set('x-forwarded-client-cert', before === undefined ? element : `${before},${element}`)
}

const noDetails: ClientCertDetails = {}
const elements = new WeakMap<TlsInfo, { readonly wanted: ClientCertDetails; readonly text: string }>()

/** Made once a connection. */
function elementOf(tls: TlsInfo, peer: PeerIdentity, wanted: ClientCertDetails = noDetails): string {
  const known = elements.get(tls)
  if (known?.wanted === wanted) return known.text
  const text = certificateElement(tls, peer, wanted)
  elements.set(tls, { wanted, text })
  return text
}

/** One element of XFCC; `By` and `Hash` are always there. The subject's own escapes (RFC 4514) also hold in quotes. */
function certificateElement(tls: TlsInfo, peer: PeerIdentity, wanted: ClientCertDetails): string {
  const parts = [`By=${tls.localUriSan ?? ''}`, `Hash=${peer.fingerprint}`]
  if (wanted.cert) parts.push(`Cert="${encodeURIComponent(Buffer.from(peer.der).toString('base64'))}"`)
  if (wanted.subject) parts.push(`Subject="${wireText(peer.subject)}"`)
  if (wanted.uri) parts.push(`URI=${quotedAsNeeded(peer.uriSans[0] ?? '')}`)
  if (wanted.dns) for (const name of peer.dnsSans) parts.push(`DNS=${quotedAsNeeded(name)}`)
  return parts.join(';')
}

/** A name must not begin another part or element. */
function quotedAsNeeded(name: string): string {
  return /[",;=\\]/.test(name) ? `"${name.replaceAll(/["\\]/g, '\\$&')}"` : name
}

export interface RequestIds {
  next(): string
}

/** UUIDs of version 4. */
export function createRequestIds(random: Random): RequestIds {
  return new UuidPool(random)
}
