/**
 * The explicit HTTP proxy: a client that was told `http_proxy` names its destination in the request (absolute form) or in
 * CONNECT. The name is resolved to the mesh's virtual address and the request goes on as if it had been captured there.
 */
import { messageOf } from '@heddle/base'
import { containPromise } from '../guard/guarded-deps.js'
import type { DownstreamConnection } from '../decision-record.js'
import type { HeaderBlock } from '../message/header-block.js'
import type { FilterChainRuntime, ListenerRuntime } from '../listener/listener-runtime.js'
import type { ManagerRuntime } from '../router/exchange-deps.js'
import type { AcceptedConnection } from './accepted-connection.js'
import type { ConnectionDeps } from './connection-deps.js'

export interface HttpTarget {
  readonly manager: ManagerRuntime
  readonly connection: DownstreamConnection
}

/** A request as either version of HTTP has it. */
export interface ProxiedRequest {
  readonly method: string
  readonly authority: string
  readonly headers: HeaderBlock
}

export type ForwardOutcome =
  | { readonly kind: 'refused'; readonly status: number; readonly body: string; readonly headers: readonly (readonly [string, string])[] }
  | { readonly kind: 'request'; readonly target: HttpTarget }
  /** A connection to this place is to be entered as if captured. */
  | { readonly kind: 'tunnel'; readonly address: string; readonly port: number }

/** @param scheme of the target; empty when it names none. @param token that clients must show. */
export function forwardedTo(
  deps: ConnectionDeps,
  accepted: AcceptedConnection,
  { method, authority, headers }: ProxiedRequest,
  scheme: string,
  token: string | undefined,
): ForwardOutcome {
  if (token !== undefined && !bearsToken(headers.first('proxy-authorization'), token))
    return refused(407, 'proxy authentication required', [['proxy-authenticate', 'Basic realm="heddle"']])
  headers.remove('proxy-authorization')
  const connect = method === 'CONNECT'
  if (!connect && scheme !== 'http') return refused(400, 'this is a proxy: the request target must be an http:// URI')
  const [host, port] = splitAuthority(authority, connect ? 443 : 80)
  const destination = resolved(deps, host, port)
  if (destination === 'failed') return refused(500, 'the name cannot be looked up')
  if (destination === undefined) return refused(502, `no mesh service or address has the name "${host}"`)
  if (destination === 'forbidden') return refused(403, `nobody is let to "${host}:${port}" through this proxy`)
  if (connect) return { kind: 'tunnel', address: destination.address, port: destination.port }
  return { kind: 'request', target: targetOf(deps, accepted, destination) }
}

function refused(status: number, body: string, headers: readonly (readonly [string, string])[] = []): ForwardOutcome {
  return { kind: 'refused', status, body, headers }
}

type Resolved = ReturnType<ConnectionDeps['resolveName']>

function resolved(deps: ConnectionDeps, host: string, port: number): Resolved | 'failed' {
  try {
    const result = deps.resolveName(host, port)
    return containPromise(result, () => {}) ? 'failed' : result
  } catch (error) {
    deps.logger.error('resolveName failed', { host, error: messageOf(error) })
    return 'failed'
  }
}

function targetOf(
  deps: ConnectionDeps,
  accepted: AcceptedConnection,
  destination: { readonly address: string; readonly port: number },
): HttpTarget {
  const listener = deps.listenerFor(destination.address, destination.port) ?? accepted.runtime
  const traits = { ...accepted.traits(undefined, ['http/1.1']), destinationAddress: destination.address, destinationPort: destination.port }
  const chain = deps.matchChain(listener, traits)
  const terminal = chain?.terminal
  const manager = terminal?.kind === 'http' ? terminal.manager : deps.managerFor(clusterOf(terminal))
  return { manager, connection: capturedAs(accepted, listener, chain, destination) }
}

/** The connection as one request of it sees it: captured for that request's destination. */
function capturedAs(
  accepted: DownstreamConnection,
  { config }: ListenerRuntime,
  chain: FilterChainRuntime | undefined,
  { address, port }: { readonly address: string; readonly port: number },
): DownstreamConnection {
  const { id, remoteAddress, remotePort, tls, requestedServerName, startWallMs, startMs, telemetryState } = accepted
  return {
    id,
    listener: config,
    trafficDirection: config.trafficDirection,
    filterChain: chain?.config,
    remoteAddress,
    remotePort,
    localAddress: address,
    localPort: port,
    tls,
    requestedServerName,
    startWallMs,
    startMs,
    telemetryState,
  }
}

type Terminal = NonNullable<ReturnType<ConnectionDeps['matchChain']>>['terminal'] | undefined

/** An unknown cluster answers 503 with its name in the record. */
function clusterOf(terminal: Terminal): string {
  if (terminal?.kind !== 'tcp') return 'BlackHoleCluster'
  const { target } = terminal.proxy
  return target.kind === 'cluster' ? target.cluster : (target.clusters[0]?.name ?? 'BlackHoleCluster')
}

/** `Basic` with the token as user or password (what `http://TOKEN@host` sends), or `Bearer`. */
function bearsToken(header: string | undefined, token: string): boolean {
  const match = /^(basic|bearer) +(\S+)$/i.exec(header ?? '')
  if (!match) return false
  const value = match[2] as string
  if ((match[1] as string).toLowerCase() === 'bearer') return value === token
  const text = Buffer.from(value, 'base64').toString('latin1')
  return text === token || text.split(':').includes(token)
}

function splitAuthority(authority: string, defaultPort: number): readonly [host: string, port: number] {
  const match = /^(\[[^\]]+\]|[^:]+)(?::(\d+))?$/.exec(authority)
  const host = (match?.[1] ?? authority).replace(/^\[|\]$/g, '')
  return [host.toLowerCase(), match?.[2] === undefined ? defaultPort : Number(match[2])]
}
