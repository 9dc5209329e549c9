/**
 * HTTP/2 connections, which the codec cannot read yet: they pass as opaque bytes where nothing that the engine would do to
 * a request is lost by it. Rules about paths or headers would be bypassed, so a route table with any of them refuses; so
 * does an edge, and a plaintext peer, whose headers must be cleaned before an application believes them.
 */
import type { Route } from '@heddle/routing'
import type { DownstreamConnection } from '../decision-record.js'
import type { ManagerRuntime } from '../router/exchange-deps.js'

/** @returns the one cluster that everything of this destination goes to; undefined: the connection must be refused. */
export function opaqueClusterOf(manager: ManagerRuntime, connection: DownstreamConnection): string | undefined {
  if (manager.config.useRemoteAddress === true) return undefined
  if (connection.trafficDirection === 'inbound' && connection.tls?.peer === undefined) return undefined
  const [only, ...others] = hostOf(manager, connection)?.routes ?? []
  return only !== undefined && others.length === 0 ? clusterOf(only) : undefined
}

/** The virtual host of the destination's own address, else the only one there is. */
function hostOf(manager: ManagerRuntime, { localAddress, localPort }: DownstreamConnection) {
  const virtualHosts = manager.routes()?.table.configuration.virtualHosts ?? []
  const authority = `${localAddress}:${localPort}`
  const byAddress = virtualHosts.find(({ domains }) => domains.includes(localAddress) || domains.includes(authority))
  return byAddress ?? (virtualHosts.length === 1 ? virtualHosts[0] : undefined)
}

/** Of a route that takes every request as it is. */
function clusterOf({ match, action, headers }: Route): string | undefined {
  const isEverything = match.path.kind === 'prefix' && match.path.value === '/' && !match.headers && !match.queryParameters
  if (!isEverything || headers !== undefined || action.kind !== 'route' || action.target.kind !== 'cluster') return undefined
  const isRewritten = action.prefixRewrite ?? action.regexRewrite ?? action.hostRewriteLiteral ?? action.autoHostRewrite
  return isRewritten === undefined ? action.target.cluster : undefined
}
