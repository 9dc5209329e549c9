/** What a route changes about a request's head on its way upstream (Envoy's `finalizeRequestHeaders`), symmetrical to response-headers. */
import type { RouteAction } from '@heddle/routing'
import type { RequestRecord } from '../decision-record.js'
import type { HeaderBlock } from '../message/header-block.js'
import { headerId } from '../message/header-names.js'
import { acceptsUpgrade } from '../message/upgrade.js'
import { applyRequestMutations } from './header-value.js'
import type { RouteRuntime } from './route-set.js'

/** Believed from peers by the telemetry, never passed on. */
const peerMetadata = (1 << headerId.peerMetadata) | (1 << headerId.peerMetadataId)

/** @returns the path to ask the upstream for. */
export function prepareRequest(headers: HeaderBlock, record: RequestRecord, action: RouteAction, route: RouteRuntime): string {
  headers.removeKnown(peerMetadata)
  applyRequestMutations(headers, record.weightedCluster?.headers, record)
  applyRequestMutations(headers, route.headers, record)
  const host = record.weightedCluster?.hostRewriteLiteral ?? action.hostRewriteLiteral
  if (host !== undefined) headers.set('host', host)
  if (route.rewrite === undefined) return record.upstreamPath
  headers.set('x-envoy-original-path', record.path)
  return route.rewrite(record.upstreamPath)
}

/** The upgrade that was asked for, when the route or else the manager lets it through; else empty. */
export function allowedUpgrade(asked: string, { manager, route }: RequestRecord): string {
  if (asked === '') return ''
  const upgrades = route?.action.kind === 'route' ? route.action.upgrades : undefined
  const own = upgrades?.find(({ type }) => type.toLowerCase() === asked.toLowerCase())
  return (own === undefined ? acceptsUpgrade(manager, asked) : own.enabled !== false) ? asked : ''
}
