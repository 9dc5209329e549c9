/** What happens to the head of an upstream's answer on its way downstream (Envoy's router and connection manager). */
import type { HeaderMutations } from '@heddle/routing'
import { HeaderBlock } from '../message/header-block.js'
import { headerId } from '../message/header-names.js'
import type { RequestRecord } from '../decision-record.js'
import type { ExchangeDeps, ManagerRuntime } from './exchange-deps.js'
import { applyResponseMutations } from './header-value.js'

/** What upstream proxies tell this one, not its client. */
const upstreamOnly =
  (1 << headerId.decoratorOperation) | (1 << headerId.peerMetadata) | (1 << headerId.peerMetadataId) | (1 << headerId.upstreamServiceTime)

/** @returns false when a filter failed: then the answer must not go on. */
/** What early hints (103) tell the client; everything else of them is between the proxies. */
export function linksOf(headers: HeaderBlock): HeaderBlock {
  const hints = new HeaderBlock()
  for (const [name, value] of headers.entries()) if (name.toLowerCase() === 'link') hints.append('link', value)
  return hints
}

export function prepareResponse(
  headers: HeaderBlock,
  record: RequestRecord,
  manager: ManagerRuntime,
  deps: ExchangeDeps,
  routeHeaders: HeaderMutations | undefined,
): boolean {
  headers.removeKnown(upstreamOnly)
  headers.append('x-envoy-upstream-service-time', String(Math.max(0, Math.round(record.upstreamServiceTimeMs ?? 0))))
  overwriteServer(headers, manager)
  applyResponseMutations(headers, record.weightedCluster?.headers, record)
  applyResponseMutations(headers, routeHeaders, record)
  if (!deps.filters.onResponse(record, headers)) return false
  deps.telemetry.onResponse?.(record, headers)
  return true
}

function overwriteServer(headers: HeaderBlock, { config }: ManagerRuntime): void {
  if (config.serverName === undefined) return
  const transformation = config.serverHeaderTransformation ?? 'OVERWRITE'
  if (transformation === 'OVERWRITE' || (transformation === 'APPEND_IF_ABSENT' && !headers.has('server')))
    headers.set('server', config.serverName)
}
