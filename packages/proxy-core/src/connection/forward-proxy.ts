/**
 * The explicit HTTP proxy: a client that was told `http_proxy` names its destination in the request (absolute form) or in
 * CONNECT. The name is resolved to the mesh's virtual address and the request goes on as if it had been captured there.
 */
import type { Http1ServerConnection } from '../codec/http1/server-connection.js'
import type { DownstreamConnection } from '../decision-record.js'
import type { FilterChainRuntime, ListenerRuntime } from '../listener/listener-runtime.js'
import type { AcceptedConnection } from './accepted-connection.js'
import type { ConnectionDeps } from './connection-deps.js'
import type { HttpSession, HttpTarget } from './http-session.js'

const established = 'HTTP/1.1 200 Connection Established\r\n\r\n'

export function forwardProxyTarget(
  deps: ConnectionDeps,
  accepted: AcceptedConnection,
  stream: Http1ServerConnection,
  session: HttpSession,
  token: string | undefined,
): HttpTarget | undefined {
  if (token !== undefined && !bearsToken(stream.headers.first('proxy-authorization'), token)) {
    return refuse(session, stream, 407, 'proxy authentication required', ['proxy-authenticate', 'Basic realm="heddle"'])
  }
  stream.headers.remove('proxy-authorization')
  const connect = stream.method === 'CONNECT'
  if (!connect && stream.targetScheme !== 'http')
    return refuse(session, stream, 400, 'this is a proxy: the request target must be an http:// URI')
  const [host, port] = splitAuthority(stream.authority, connect ? 443 : 80)
  const destination = deps.resolveName(host, port)
  if (destination === undefined) return refuse(session, stream, 502, `no mesh service or address has the name "${host}"`)
  if (destination === 'forbidden') return refuse(session, stream, 403, `nobody is let to "${host}:${port}" through this proxy`)
  if (!connect) return targetOf(deps, accepted, destination)
  const read = session.release()
  accepted.answerConnect(established)
  accepted.enterAs(destination.address, destination.port, read)
  return undefined
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

function refuse(
  session: HttpSession,
  stream: Http1ServerConnection,
  status: number,
  body: string,
  extra: readonly string[] = [],
): undefined {
  session.refuse(stream, status, body, extra)
  return undefined
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
